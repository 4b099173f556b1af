import { once } from 'node:events';
import {
  type ClientHttp2Session,
  constants,
  createServer,
  type Http2Server,
  connect as http2Connect,
} from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import { address } from './addresses.ts';
import { evidenceTarget, startCounting } from './counting.ts';
import { type Mesh, openMesh, out } from './mesh.ts';

const web = { name: 'web-1', app: 'web', ip: address(1), port: 8080, sockets: true };
const grpc = (version: string, host: number) => ({
  ...{ name: `grpc-${host}`, app: 'grpc', version, ip: address(host), port: 8080, portName: 'grpc', sockets: true },
});
const tcp = (version: string, host: number) => ({
  ...{ name: `tcp-${host}`, app: 'tcp', version, ip: address(host), port: 5432, portName: 'tcp' },
});
const pods = { grpc: [grpc('1.0.0', 2), grpc('2.0.0', 3)], tcp: [tcp('1.0.0', 4), tcp('2.0.0', 5)] } as const;
const services = (['grpc', 'tcp'] as const).flatMap((app) => {
  const [port, protocol] = app === 'tcp' ? [5432, 'tcp'] : [8080, 'kubernetes.io/h2c'];
  return [
    sample.service(app, app, port, protocol),
    sample.slice(app, port, pods[app]),
    ...pods[app].flatMap((pod) => {
      const name = `${app}-${pod.version.replaceAll('.', '-')}`;
      return [sample.service(name, app, port, protocol, pod.version), sample.slice(name, port, [pod])];
    }),
  ];
});
const objects = (first: number, second: number) => [
  ...services,
  sample.meshRoute('GRPCRoute', 'grpc', [
    { backendRefs: sample.backends(8080, { 'grpc-1-0-0': first, 'grpc-2-0-0': second }) },
  ]),
  sample.meshRoute('TCPRoute', 'tcp', [
    { backendRefs: sample.backends(5432, { 'tcp-1-0-0': first, 'tcp-2-0-0': second }) },
  ]),
];

/** A gRPC server that ends a call as the method says. */
function grpcServer(): Http2Server {
  const server = createServer();
  server.on('stream', (stream, headers) => {
    const method = String(headers[':path']).replace(/^.*\//, '');
    stream.on('error', () => undefined);
    const answer = { ':status': 200, 'content-type': 'application/grpc' };
    if (method === 'Refuse') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else if (method === 'Break') {
      stream.respond(answer);
      stream.write('half', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    } else if (method === 'Endless') {
      stream.respond(answer);
      stream.write('more');
    } else if (method === 'Http') stream.respond({ ':status': 503 }, { endStream: true });
    else if (method.startsWith('Only')) {
      stream.respond({ ...answer, 'grpc-status': method.slice(4) }, { endStream: true });
    } else {
      stream.respond(answer, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': method.replace('Status', '') }));
      stream.end('answer');
    }
  });
  return server;
}

let mesh: Mesh;
const servers: Http2Server[] = [];
let session: ClientHttp2Session;
beforeAll(async () => {
  mesh = await openMesh([web, ...pods.grpc, ...pods.tcp], objects(0, 1));
  for (const { name } of pods.grpc) {
    const server = grpcServer().listen(join(mesh.dir(name), 'in', '8080'));
    await once(server, 'listening');
    servers.push(server);
  }
  for (const { name } of pods.tcp) await mesh.tcp(name, 5432, (socket) => socket.write(name));
  await Promise.all([web, ...pods.grpc, ...pods.tcp].map(({ name }) => mesh.start(name)));
  const { socketPath } = out(mesh, 'web-1', 'grpc', 8080);
  session = http2Connect('http://grpc', { createConnection: () => connect(socketPath) });
});
afterAll(async () => {
  session.close();
  await mesh.end();
  for (const server of servers) server.close();
});

/** One call, to its end however that is. */
async function callMethod(method: string): Promise<void> {
  const headers = { ':method': 'POST', ':path': `/pkg.Service/${method}`, te: 'trailers' };
  const stream = session.request({ ...headers, 'content-type': 'application/grpc' });
  stream.on('error', () => undefined).end('payload');
  if (method === 'Endless') {
    await once(stream, 'data');
    stream.close(constants.NGHTTP2_CANCEL);
  }
  stream.resume();
  await once(stream, 'close');
}

const good = ['Status0', 'Status5', 'Status16', 'Only0', 'Only3', 'Status1'];
const bad = ['Status2', 'Status13', 'Status14', 'Status15', 'Only4', 'Only12', 'Refuse', 'Break', 'Http'];

test.each([...good, ...bad])('gRPC %s is counted once', async (method) => {
  const counting = await startCounting(mesh.root, evidenceTarget('grpc', 'grpc'));
  for (let i = 0; i < 3; i += 1) await callMethod(method);
  expect(await counting.until(3)).toEqual({
    stable: { requests: 0, failures: 0 },
    candidate: { requests: 3, failures: bad.includes(method) ? 3 : 0 },
  });
  await counting.close();
});

test('a stream that its caller ends is a good call, and a failing one is told by its status', async () => {
  const counting = await startCounting(mesh.root, evidenceTarget('grpc', 'grpc'));
  for (const method of ['Endless', 'Endless', 'Status0', 'Status13']) await callMethod(method);
  expect((await counting.until(4)).candidate).toEqual({ requests: 4, failures: 1 });
  expect(counting.examples.map(({ what }) => what)).toEqual(['POST /pkg.Service/Status13: INTERNAL']);
  await counting.close();
});

test('TCP connections are counted when they open, by the release that they reach or cannot reach', async () => {
  const counting = await startCounting(mesh.root, evidenceTarget('tcp', 'tcp', 5432));
  const { socketPath } = out(mesh, 'web-1', 'tcp', 5432);
  const open = async () => {
    const socket = connect(socketPath).on('error', () => undefined);
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return socket;
  };
  const sockets = await Promise.all([open(), open(), open()]);
  expect((await counting.until(3)).candidate).toEqual({ requests: 3, failures: 0 });
  for (const socket of sockets) socket.destroy();
  mesh.objects = objects(1, 0);
  await mesh.apply();
  for (let i = 0; i < 5; i += 1) (await open()).destroy();
  expect(await counting.until(8)).toMatchObject({ stable: { requests: 5 }, candidate: { requests: 3 } });
  mesh.objects = objects(0, 1);
  await mesh.apply();
  await mesh.sidecars.get('tcp-5')?.stop();
  for (let i = 0; i < 4; i += 1) (await open()).destroy();
  expect(await counting.until(12)).toEqual({
    stable: { requests: 5, failures: 0 },
    candidate: { requests: 7, failures: 4 },
  });
  await counting.close();
});
