import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Agent } from 'node:http';
import { createServer as createHttp2Server, connect as http2Connect } from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import { address } from './addresses.ts';
import { call, type Mesh, openMesh, out } from './mesh.ts';

const web = { name: 'web-1', app: 'web', ip: address(1), port: 8080, sockets: true };
const old = { name: 'orders-1', app: 'orders', version: '1.0.0', ip: address(2), port: 8080, sockets: true };
const next = { name: 'orders-2', app: 'orders', version: '2.0.0', ip: address(3), port: 8080 };
const grpc = { name: 'grpc-1', app: 'grpc', ip: address(4), port: 8080, portName: 'grpc', sockets: true };
const tcp = { name: 'tcp-1', app: 'tcp', version: '1.0.0', ip: address(5), port: 5432, portName: 'tcp' };
const tcp2 = { name: 'tcp-2', app: 'tcp', version: '2.0.0', ip: address(6), port: 5432, portName: 'tcp' };

const base = [
  sample.service('orders', 'orders', 8080, 'http'),
  sample.service('orders-1', 'orders', 8080, 'http', '1.0.0'),
  sample.service('orders-2', 'orders', 8080, 'http', '2.0.0'),
  sample.service('grpc', 'grpc', 8080, 'kubernetes.io/h2c'),
  ...['tcp', 'tcp-1', 'tcp-2'].map((name, index) =>
    sample.service(name, 'tcp', 5432, 'tcp', index ? `${index}.0.0` : undefined),
  ),
  sample.slice('orders', 8080, [old, next]),
  sample.slice('orders-1', 8080, [old]),
  sample.slice('orders-2', 8080, [next]),
  sample.slice('grpc', 8080, [grpc]),
  sample.slice('tcp', 5432, [tcp, tcp2]),
  sample.slice('tcp-1', 5432, [tcp]),
  sample.slice('tcp-2', 5432, [tcp2]),
];
const split = (first: number, second: number) =>
  sample.meshRoute('HTTPRoute', 'orders', [
    { backendRefs: sample.backends(8080, { 'orders-1': first, 'orders-2': second }) },
  ]);

let mesh: Mesh;
beforeAll(async () => {
  mesh = await openMesh([web, old, next, grpc, tcp, tcp2], base);
  for (const { name } of [old, next]) {
    await mesh.http(name, 8080, (request, response) => {
      response.setHeader('x-pod', name);
      response.end(JSON.stringify({ url: request.url, headers: request.headers }));
    });
  }
  for (const { name } of [tcp, tcp2]) {
    await mesh.tcp(name, 5432, (socket) => {
      socket.write(`hello from ${name}\n`);
      socket.pipe(socket);
    });
  }
  await Promise.all([web, old, next, grpc, tcp, tcp2].map(({ name }) => mesh.start(name)));
});
afterAll(() => mesh.end());

const orders = () => out(mesh, 'web-1', 'orders', 8080);

test('HTTP goes through both sidecars, and the app learns who called', async () => {
  const answer = await call(orders(), '/a?b=c', {
    host: 'any.host',
    'x-parley-service': 'forged',
    'x-forwarded-client-cert': 'URI=forged',
  });
  expect(answer.status).toBe(200);
  const { url, headers } = JSON.parse(answer.body);
  expect(url).toBe('/a?b=c');
  expect(headers.host).toBe('any.host');
  expect(headers['x-forwarded-client-cert']).toMatch(/URI=spiffe:\/\/cluster.local\/ns\/exchange\/sa\/web$/);
  expect(headers).not.toHaveProperty('x-parley-service');
});

test('a program without Unix sockets calls by the port that its environment names', async () => {
  const port = mesh.options.outboundPorts('orders.exchange.svc.cluster.local', 8080);
  expect((await call({ host: next.ip, port }, '/')).status).toBe(200);
});

test('HTTP/2 without TLS, as gRPC speaks it, keeps trailers', async () => {
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
  });
  server.listen(join(mesh.dir('grpc-1'), 'in', '8080'));
  await once(server, 'listening');
  const session = http2Connect('http://grpc', {
    createConnection: () => connect(out(mesh, 'web-1', 'grpc', 8080).socketPath),
  });
  const stream = session.request({
    ':method': 'POST',
    ':path': '/pkg.Service/Echo',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const trailers = once(stream, 'trailers');
  stream.end('payload');
  let body = '';
  for await (const chunk of stream) body += chunk;
  expect(body).toBe('payload');
  expect((await trailers)[0]['grpc-status']).toBe('0');
  const sidecar = mesh.sidecars.get('web-1');
  const statistics = await sidecar?.admin.statistics('grpc_exchange_8080.grpc.pkg');
  expect(statistics?.get('cluster.grpc_exchange_8080.grpc.pkg.Service.Echo.0')).toBe('1');
  session.close();
  server.close();
});

async function greeting(): Promise<string> {
  const socket = connect(out(mesh, 'web-1', 'tcp', 5432).socketPath);
  const [chunk] = await once(socket, 'data');
  socket.destroy();
  return String(chunk).trim();
}

test('TCP goes by the weights of its route, and a change of weights leaves a connection alone', async () => {
  mesh.objects = [
    ...base,
    sample.meshRoute('TCPRoute', 'tcp', [{ backendRefs: sample.backends(5432, { 'tcp-1': 1, 'tcp-2': 0 }) }]),
  ];
  await mesh.apply();
  const kept = connect(out(mesh, 'web-1', 'tcp', 5432).socketPath);
  expect(String((await once(kept, 'data'))[0])).toBe('hello from tcp-1\n');
  mesh.objects = [
    ...base,
    sample.meshRoute('TCPRoute', 'tcp', [{ backendRefs: sample.backends(5432, { 'tcp-1': 0, 'tcp-2': 1 }) }]),
  ];
  await mesh.apply();
  const seen = new Set(await Promise.all(Array.from({ length: 10 }, greeting)));
  expect([...seen]).toEqual(['hello from tcp-2']);
  kept.write('still here');
  expect(String((await once(kept, 'data'))[0])).toBe('still here');
  kept.destroy();
});

test('requests follow the weights', async () => {
  for (const [first, second] of [
    [1, 0],
    [0, 100],
    [50, 50],
  ] as const) {
    mesh.objects = [...base, split(first, second)];
    await mesh.apply();
    const pods = await Promise.all(Array.from({ length: 200 }, async () => (await call(orders())).headers['x-pod']));
    const share = pods.filter((pod) => pod === 'orders-1').length;
    // 50/50 of 200: six standard deviations are 42.
    if (first && second) expect(Math.abs(share - 100)).toBeLessThan(43);
    else expect(share).toBe(first ? 200 : 0);
  }
});

test('who may call changes on open connections, at once', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { request } = await import('node:http');
  const status = async () => {
    const sent = request({ ...orders(), path: '/', agent }).end();
    const [response] = await once(sent, 'response');
    response.resume();
    await once(response, 'end');
    return { status: response.statusCode, reused: sent.reusedSocket };
  };
  mesh.objects = base;
  await mesh.apply();
  expect((await status()).status).toBe(200);
  mesh.objects = [...base, sample.allow('orders', ['nobody'])];
  await mesh.apply();
  expect(await status()).toEqual({ status: 403, reused: true });
  mesh.objects = [...base, sample.allow('orders', ['web'])];
  await mesh.apply();
  expect(await status()).toEqual({ status: 200, reused: true });
  agent.destroy();
});

test('matches, time-outs, retries and header changes of an HTTPRoute are in force', async () => {
  mesh.objects = [
    ...base,
    sample.meshRoute('HTTPRoute', 'orders', [
      {
        matches: [{ path: { type: 'Exact', value: '/exact' } }],
        backendRefs: sample.backends(8080, { 'orders-2': 1 }),
      },
      {
        matches: [{ headers: [{ name: 'x-canary', value: '1' }] }],
        backendRefs: sample.backends(8080, { 'orders-2': 1 }),
      },
      {
        matches: [{ queryParams: [{ name: 'q', value: '1' }] }],
        backendRefs: sample.backends(8080, { 'orders-2': 1 }),
      },
      { matches: [{ path: { value: '/gone' } }], backendRefs: sample.backends(8080, { 'orders-9': 1 }) },
      { matches: [{ path: { value: '/none' } }], backendRefs: sample.backends(8080, { 'orders-1': 0 }) },
      {
        matches: [{ path: { value: '/p' } }],
        filters: [
          {
            type: 'RequestHeaderModifier',
            requestHeaderModifier: { set: [{ name: 'x-set', value: 'yes' }], remove: ['x-gone'] },
          },
        ],
        timeouts: { request: '2s' },
        retry: { codes: [503], attempts: 2, backoff: '10ms' },
        backendRefs: sample.backends(8080, { 'orders-1': 1 }),
      },
    ]),
  ];
  await mesh.apply();
  const pod = async (path: string, headers = {}) => (await call(orders(), path, headers)).headers['x-pod'];
  expect(await pod('/exact')).toBe('orders-2');
  expect(await pod('/p/exact', { 'x-canary': '1' })).toBe('orders-1');
  expect(await pod('/other', { 'x-canary': '1' })).toBe('orders-2');
  expect(await pod('/other?q=1')).toBe('orders-2');
  expect((await call(orders(), '/gone')).status).toBe(500);
  expect((await call(orders(), '/none')).status).toBe(500);
  expect((await call(orders(), '/pp')).status).toBe(404);
  const { headers } = JSON.parse((await call(orders(), '/p/x', { 'x-gone': '1' })).body);
  expect(headers).toMatchObject({ 'x-set': 'yes' });
  expect(headers).not.toHaveProperty('x-gone');
});

test('a sidecar needs four inotify instances, and one more for each TCP port', () => {
  const counts = Object.fromEntries(
    ['web-1', 'tcp-1'].map((name) => {
      const { pid } = JSON.parse(readFileSync(join(mesh.dir(name), 'sidecar/process.json'), 'utf8'));
      const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      return [name, links.filter((link) => link === 'anon_inode:inotify').length];
    }),
  );
  expect(counts).toEqual({ 'web-1': 4, 'tcp-1': 5 });
});
