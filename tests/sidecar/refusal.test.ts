import { once } from 'node:events';
import { connect as http2Connect } from 'node:http2';
import { connect as tcpConnect } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../local/clock.ts';
import { type Issued, openAuthority } from '../../local/pki/authority.ts';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import { address } from './addresses.ts';
import { type Mesh, openMesh } from './mesh.ts';

const orders = { name: 'orders-1', app: 'orders', ip: address(2), port: 8080, sockets: true };
const postgres = { name: 'postgres-0', app: 'postgres', ip: address(3), port: 5432, portName: 'postgres' };
const web = { name: 'web-1', app: 'web', ip: address(1), port: 8080 };

let mesh: Mesh;
const certificates: Record<string, Issued> = {};
beforeAll(async () => {
  mesh = await openMesh(
    [orders, postgres, web],
    [
      sample.service('orders', 'orders', 8080, 'http'),
      sample.service('postgres', 'postgres', 5432, 'tcp'),
      sample.allow('orders', ['web']),
      sample.allow('postgres', ['web']),
    ],
  );
  await mesh.http('orders-1', 8080, (_request, response) => response.end('let in'));
  await mesh.tcp('postgres-0', 5432, (socket) => socket.write('let in'));
  await Promise.all(['orders-1', 'postgres-0'].map((name) => mesh.start(name)));
  const of = (serviceAccount: string) => ({ namespace: 'exchange', serviceAccount });
  const hourAgo = { now: () => Date.now() - 2 * 3_600_000 };
  const dir = join(mesh.root, 'pki');
  certificates.web = await mesh.authority.identity(of('web'));
  certificates.intruder = await mesh.authority.identity(of('intruder'));
  const earlier = await openAuthority({ dir, clock: hourAgo, trustDomain: 'cluster.local' });
  certificates.expired = await earlier.identity(of('web'));
  const foreign = await openAuthority({
    dir: join(mesh.root, 'other'),
    clock: systemClock,
    trustDomain: 'cluster.local',
  });
  certificates.foreign = await foreign.identity(of('web'));
  certificates.kubeconfig = await mesh.authority.client({ commonName: 'admin' });
});
afterAll(() => mesh.end());

interface Attempt {
  readonly certificate?: string;
  readonly servername?: string;
  readonly maxVersion?: 'TLSv1.2';
}

/** What a caller gets that comes straight to the sidecar's inbound port: `let in`, an HTTP status, or the error. */
async function attempt(app: 'http' | 'tcp', { certificate, servername, maxVersion }: Attempt): Promise<string> {
  const pair = certificate ? certificates[certificate] : undefined;
  const socket: TLSSocket = connect({
    host: app === 'http' ? orders.ip : postgres.ip,
    port: 15006,
    servername: servername ?? (app === 'http' ? 'p8080' : 'p5432'),
    ALPNProtocols: [app === 'http' ? 'h2' : 'parley-tcp'],
    ca: mesh.authority.identityBundlePem,
    cert: pair?.certificatePem,
    key: pair?.keyPem,
    maxVersion,
    checkServerIdentity: () => undefined,
  });
  const failed = Promise.withResolvers<string>();
  socket.on('error', (error: NodeJS.ErrnoException) => failed.resolve(error.code ?? error.message));
  socket.on('close', () => failed.resolve('closed'));
  const worked = (async () => {
    await once(socket, 'secureConnect');
    if (app === 'tcp') return String((await once(socket, 'data'))[0]);
    const session = http2Connect('https://orders', { createConnection: () => socket });
    session.on('error', (error: NodeJS.ErrnoException) => failed.resolve(error.code ?? error.message));
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => undefined);
    const [headers] = await once(stream, 'response');
    return String(headers[':status']);
  })().catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
  const result = await Promise.race([worked, failed.promise]);
  socket.destroy();
  return result;
}

const alert = (name: string) => expect.stringMatching(new RegExp(name, 'i'));

test.each<[string, Attempt, unknown, unknown]>([
  ['the allowed caller', { certificate: 'web' }, '200', 'let in'],
  ['another identity', { certificate: 'intruder' }, '403', alert('CERTIFICATE_UNKNOWN')],
  ['no certificate', {}, alert('CERTIFICATE_REQUIRED'), alert('CERTIFICATE_REQUIRED')],
  ['a foreign authority', { certificate: 'foreign' }, alert('UNKNOWN_CA'), alert('UNKNOWN_CA')],
  ['the authority of kubeconfigs', { certificate: 'kubeconfig' }, alert('UNKNOWN_CA'), alert('UNKNOWN_CA')],
  ['an expired certificate', { certificate: 'expired' }, alert('CERTIFICATE_EXPIRED'), alert('CERTIFICATE_EXPIRED')],
  ['TLS 1.2', { certificate: 'web', maxVersion: 'TLSv1.2' }, alert('PROTOCOL_VERSION'), alert('PROTOCOL_VERSION')],
  ['an unknown server name', { certificate: 'web', servername: 'p9999' }, alert('ECONNRESET'), alert('ECONNRESET')],
])('%s', async (_who, how, http, tcp) => {
  expect(await attempt('http', how)).toEqual(http);
  expect(await attempt('tcp', how)).toEqual(tcp);
});

test('plain text is cut off', async () => {
  const socket = tcpConnect(15006, orders.ip);
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nhost: orders\r\n\r\n');
  let got = '';
  socket.on('data', (chunk) => {
    got += chunk;
  });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.on('close', () => resolve());
  await closed;
  expect(got).toBe('');
});

test('a refused caller is counted, and the reason can be read', async () => {
  const statistics = await mesh.sidecars.get('orders-1')?.admin.statistics('^listener\\.in\\.');
  expect(Number(statistics?.get('listener.in.ssl.fail_verify_error'))).toBeGreaterThan(0);
  expect(Number(statistics?.get('listener.in.no_filter_chain_match'))).toBeGreaterThan(0);
});

test('the allow-list of a TCP port changes for the next connection', async () => {
  mesh.objects = mesh.objects.filter(({ metadata }) => metadata.name !== 'allow-postgres');
  mesh.objects.push(sample.allow('postgres', ['orders']));
  await mesh.apply();
  expect(await attempt('tcp', { certificate: 'web' })).toEqual(alert('CERTIFICATE_UNKNOWN'));
});
