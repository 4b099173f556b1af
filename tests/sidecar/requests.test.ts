import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { createServer as createHttp2Server, connect as http2Connect } from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import type { KubeObject } from '../../local/store/types.ts';
import { eventually } from '../eventually.ts';
import { address } from './addresses.ts';
import { call, type Mesh, openMesh, out } from './mesh.ts';

const web = { name: 'web-1', app: 'web', ip: address(1), port: 8080, sockets: true };
const good = { name: 'orders-1', app: 'orders', ip: address(2), port: 8080, sockets: true };
const bad = { name: 'orders-2', app: 'orders', ip: address(3), port: 8080, sockets: true };
const socket = { name: 'quotes-1', app: 'quotes', ip: address(4), port: 8080, sockets: true };
const grpcs = ['1', '2'].map((number) => ({
  name: `grpc-${number}`,
  app: 'grpc',
  version: `${number}.0.0`,
  ip: address(10 + Number(number)),
  port: 8080,
  portName: 'grpc',
  sockets: true,
}));
const pods = [web, good, bad, socket, ...grpcs];

const base = [
  sample.service('orders', 'orders', 8080, 'http'),
  sample.slice('orders', 8080, [good]),
  sample.service('quotes', 'quotes', 8080, 'kubernetes.io/ws'),
  sample.slice('quotes', 8080, [socket]),
  sample.service('grpc', 'grpc', 8080, 'grpc'),
  sample.slice('grpc', 8080, grpcs),
  ...grpcs.flatMap((pod) => [
    sample.service(pod.name, 'grpc', 8080, 'grpc', pod.version),
    sample.slice(pod.name, 8080, [pod]),
  ]),
];

let mesh: Mesh;
/** Answers that `orders-1` still owes before it answers 200: a status, or 0 for none at all. */
const owed: number[] = [];
let asked = 0;
const closers: (() => void)[] = [];

beforeAll(async () => {
  mesh = await openMesh(pods, base);
  await mesh.http(good.name, 8080, (_request, response) => {
    asked += 1;
    const next = owed.shift() ?? 200;
    if (next !== 0) response.writeHead(next, { 'x-pod': good.name }).end();
  });
  await mesh.http(bad.name, 8080, (_request, response) => void response.writeHead(503, { 'x-pod': bad.name }).end());
  await startWebSocketApp();
  for (const { name } of grpcs) await startGrpcApp(name);
  await Promise.all(pods.map(({ name }) => mesh.start(name)));
});
afterAll(async () => {
  for (const close of closers) close();
  await mesh.end();
});

/** Accepts every upgrade (RFC 6455, section 4.2.2) and echoes what comes after it. */
async function startWebSocketApp(): Promise<void> {
  const server = createServer();
  server.on('upgrade', (upgrade: IncomingMessage, stream: Duplex) => {
    closers.push(() => stream.destroy());
    const caller = String(upgrade.headers['x-forwarded-client-cert']).replace(/.*URI=/, '');
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nx-caller: ${caller}\r\n\r\n`,
    );
    stream.pipe(stream);
  });
  server.listen(join(mesh.dir(socket.name), 'in', '8080'));
  await once(server, 'listening');
  closers.push(() => server.close());
}

async function startGrpcApp(name: string): Promise<void> {
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-pod': name }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.resume().on('end', () => stream.end());
  });
  server.listen(join(mesh.dir(name), 'in', '8080'));
  await once(server, 'listening');
  closers.push(() => server.close());
}

const orders = () => out(mesh, web.name, 'orders', 8080);
const apply = (...objects: readonly KubeObject[]) => {
  mesh.objects = [...base, ...objects];
  return mesh.apply();
};
const rule = (fields: object) =>
  sample.meshRoute('HTTPRoute', 'orders', [{ ...fields, backendRefs: sample.backends(8080, { orders: 1 }) }]);
const status = async () => (await call(orders())).status;

test('a WebSocket goes through both sidecars, keeps its caller, and survives a change of the routes', async () => {
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'eA==',
  };
  const sent = request({ ...out(mesh, web.name, 'quotes', 8080), path: '/stream', headers: upgrade, agent: false });
  sent.end();
  const [response, stream] = (await once(sent, 'upgrade')) as [IncomingMessage, Duplex];
  expect(response.statusCode).toBe(101);
  expect(response.headers['x-caller']).toBe('spiffe://cluster.local/ns/exchange/sa/web');
  stream.write('before');
  expect(String((await once(stream, 'data'))[0])).toBe('before');
  await apply(rule({ timeouts: { request: '1s' } }));
  stream.write('after');
  expect(String((await once(stream, 'data'))[0])).toBe('after');
  stream.destroy();
});

test('a retry asks again for the codes of the route and no others, as often as it says', async () => {
  await apply(rule({ retry: { codes: [503], attempts: 2, backoff: '5ms' } }));
  const answered = async (...statuses: readonly number[]) => {
    asked = 0;
    owed.splice(0, owed.length, ...statuses);
    return [await status(), asked];
  };
  expect(await answered(503, 503)).toEqual([200, 3]);
  expect(await answered(503, 503, 503)).toEqual([503, 3]);
  expect(await answered(500)).toEqual([500, 1]);
  await apply(rule({}));
  expect(await answered(503)).toEqual([503, 1]);
});

test('a time-out ends a request that is not answered; one of a single try leaves time for the next', async () => {
  await apply(rule({ timeouts: { request: '200ms' } }));
  owed.splice(0, owed.length, 0);
  const startedAt = performance.now();
  expect(await status()).toBe(504);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(190);
  await apply(
    rule({
      timeouts: { request: '5s', backendRequest: '100ms' },
      retry: { codes: [504], attempts: 1, backoff: '5ms' },
    }),
  );
  asked = 0;
  owed.splice(0, owed.length, 0);
  expect([await status(), asked]).toEqual([200, 2]);
});

test('outlier detection takes out the endpoint that fails and leaves the other in', async () => {
  const both = base.map((object) =>
    object.kind === 'EndpointSlice' && object.metadata.name === 'orders-1'
      ? sample.slice('orders', 8080, [good, bad])
      : object,
  );
  const outlierDetection = {
    consecutive5xxErrors: 3,
    interval: '100ms',
    baseEjectionTime: '60s',
    maxEjectionPercent: 50,
  };
  owed.length = 0;
  mesh.objects = both;
  await mesh.apply();
  const failing = async () => {
    const pods = await Promise.all(Array.from({ length: 20 }, async () => (await call(orders())).headers['x-pod']));
    return pods.filter((pod) => pod === bad.name).length;
  };
  expect(await failing()).toBeGreaterThan(3);
  expect(await failing()).toBeGreaterThan(3);
  mesh.objects = [
    ...both,
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'orders', namespace: 'exchange' },
      spec: { host: 'orders.exchange.svc.cluster.local', trafficPolicy: { outlierDetection } },
    },
  ];
  await mesh.apply();
  await eventually('only the endpoint that works is asked', 10_000, failing, (count) => count === 0);
  expect(await failing()).toBe(0);
});

test('a GRPCRoute tells methods and headers apart', async () => {
  const to = (name: string) => sample.backends(8080, { [name]: 1 });
  await apply(
    sample.meshRoute('GRPCRoute', 'grpc', [
      { matches: [{ method: { service: 'pkg.Orders', method: 'Place' } }], backendRefs: to('grpc-2') },
      {
        matches: [{ method: { service: 'pkg.Orders' }, headers: [{ name: 'x-canary', value: '1' }] }],
        backendRefs: to('grpc-2'),
      },
      { matches: [{ method: { service: 'pkg.Orders' } }], backendRefs: to('grpc-1') },
    ]),
  );
  const session = http2Connect('http://grpc', {
    createConnection: () => connect(out(mesh, web.name, 'grpc', 8080).socketPath),
  });
  const ask = async (path: string, headers = {}) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.end().resume();
    const [answer] = await once(stream, 'response');
    await once(stream, 'close');
    return answer['x-pod'] ?? `grpc-status ${answer['grpc-status']}`;
  };
  expect(await ask('/pkg.Orders/Place')).toBe('grpc-2');
  expect(await ask('/pkg.Orders/Watch')).toBe('grpc-1');
  expect(await ask('/pkg.Orders/Watch', { 'x-canary': '1' })).toBe('grpc-2');
  expect(await ask('/pkg.Other/Place')).toBe('grpc-status 12');
  session.close();
});
