import { connect as http2Connect } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Gateway } from '../../local/sidecar/objects.ts';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import type { KubeObject } from '../../local/store/types.ts';
import { eventually } from '../eventually.ts';
import { address } from './addresses.ts';
import { type Fleet, openFleet } from './fleet.ts';
import { call } from './mesh.ts';

let fleet: Fleet;
beforeEach(async () => {
  fleet = await openFleet();
});
afterEach(() => fleet.end());

const first = { name: 'orders-1', app: 'orders', version: '1.0.0', ip: address(2), port: 8080, sockets: true };
const edgePod = {
  name: 'edge-1',
  app: 'edge',
  ip: address(9),
  port: 8080,
  sockets: true,
  labels: { 'gateway.networking.k8s.io/gateway-name': 'edge' },
};
const gateway = (className: string): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'edge', namespace: 'exchange' },
  spec: {
    gatewayClassName: className,
    listeners: [
      { name: 'http', port: 8080, protocol: 'HTTP' },
      { name: 'https', port: 8443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'edge-tls' }] } },
    ],
  },
});
const gatewayNow = () => fleet.store.get<Gateway>('Gateway.gateway.networking.k8s.io', 'edge', 'exchange');
const programmed = () => gatewayNow()?.status?.conditions?.find(({ type }) => type === 'Programmed');

test('the gateway lets outside clients in by its routes, over HTTP and TLS, and by nothing else', async () => {
  fleet.store.create(sample.service('orders', 'orders', 8080, 'http'));
  fleet.store.create(gateway('parley'));
  const pod = await fleet.run(first, (request, response) => response.end(JSON.stringify(request.headers)));
  await fleet.run(edgePod);
  fleet.endpoints('orders', [[first, pod]]);
  await fleet.sidecars.settled();
  expect(programmed()).toMatchObject({
    status: 'False',
    reason: 'InvalidCertificateRef',
    message: expect.stringContaining('edge-tls'),
  });
  const { certificatePem, keyPem } = await fleet.authority.server({ dns: ['localhost'], ips: ['127.0.0.1'] });
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  fleet.store.create({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'edge-tls', namespace: 'exchange' },
    data: { 'tls.crt': base64(certificatePem), 'tls.key': base64(keyPem) },
  });
  fleet.store.create({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'edge-orders', namespace: 'exchange' },
    spec: {
      parentRefs: [{ name: 'edge' }],
      rules: [{ matches: [{ path: { value: '/orders' } }], backendRefs: sample.backends(8080, { orders: 1 }) }],
    },
  });
  await fleet.sidecars.settled();
  expect(programmed()).toMatchObject({ status: 'True' });
  expect(fleet.conditionOf('HTTPRoute', 'edge-orders', 'Programmed')).toMatchObject({ status: 'True' });
  const [, port] = (fleet.hostPorts[8080] ?? '').split(':');
  const answer = await call({ host: '127.0.0.1', port: Number(port) }, '/orders/1', {
    'x-forwarded-client-cert': 'URI=forged',
    'x-parley-service': 'in:8080',
  });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)['x-forwarded-client-cert']).toMatch(
    /URI=spiffe:\/\/cluster.local\/ns\/exchange\/sa\/edge$/,
  );
  expect((await call({ host: '127.0.0.1', port: Number(port) }, '/admin')).status).toBe(404);
  const session = http2Connect(`https://${fleet.hostPorts[8443]}`, { ca: fleet.authority.clusterBundlePem });
  const stream = session.request({ ':path': '/orders/2' });
  const status = await new Promise((resolve, reject) => {
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('error', reject);
    session.on('error', reject);
  });
  expect(status).toBe(200);
  session.close();
});

test('a gateway Pod takes over from another without a refused connection', async () => {
  fleet.store.create(gateway('parley'));
  const old = await fleet.run(edgePod);
  const [host = '', port] = (fleet.hostPorts[8080] ?? '').split(':');
  const statuses = new Set<number | string>();
  let going = true;
  const load = (async () => {
    while (going) statuses.add(await call({ host, port: Number(port) }).then(({ status }) => status, String));
  })();
  await fleet.run({ ...edgePod, name: 'edge-2', ip: address(10) });
  await fleet.sidecars.drained(old.metadata.uid, AbortSignal.timeout(10_000));
  await fleet.stop(old);
  expect((await call({ host, port: Number(port) })).status).toBe(404);
  going = false;
  await load;
  expect([...statuses]).toEqual([404]);
});

test('a host port that is taken is named, and the gateway opens when it is free', async () => {
  const [host = '', port] = (fleet.hostPorts[8080] ?? '').split(':');
  const holder = createTcpServer();
  await new Promise<void>((resolve) => void holder.listen(Number(port), host, resolve));
  fleet.store.create(gateway('parley'));
  await fleet.run(edgePod);
  expect(programmed()).toMatchObject({
    status: 'False',
    message: expect.stringMatching(/127.0.0.1:\d+ is taken by another program/),
  });
  await new Promise((resolve) => holder.close(resolve));
  await eventually(
    'the gateway opens',
    10_000,
    () => call({ host, port: Number(port) }),
    ({ status }) => status === 404,
  );
});

test('a Gateway of the class istio gets a Deployment, unless it names one of its own', async () => {
  const created = fleet.store.create(gateway('istio'));
  await fleet.sidecars.settled();
  expect(fleet.store.get('Deployment.apps', 'edge-istio', 'exchange')?.metadata.ownerReferences?.[0]?.uid).toBe(
    created.metadata.uid,
  );
  fleet.store.create({
    ...gateway('istio'),
    metadata: { name: 'own', namespace: 'exchange' },
    spec: { gatewayClassName: 'istio', addresses: [{ type: 'Hostname', value: 'own' }], listeners: [] },
  });
  await fleet.sidecars.settled();
  expect(fleet.store.get('Deployment.apps', 'own-istio', 'exchange')).toBeUndefined();
});
