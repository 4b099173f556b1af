import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../local/clock.ts';
import { findEnvoy } from '../../local/envoy/find.ts';
import { createEvents, type EventRecorder } from '../../local/objects/events.ts';
import { type Authority, openAuthority } from '../../local/pki/authority.ts';
import type { AnyRoute, Gateway } from '../../local/sidecar/objects.ts';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import { createSidecars, type RunningSidecars } from '../../local/sidecar/sidecars.ts';
import { createKinds } from '../../local/store/kinds.ts';
import { openStore } from '../../local/store/object-store.ts';
import type { KubeObject, ObjectStore, Stored } from '../../local/store/types.ts';
import { eventually } from '../eventually.ts';
import { freePorts } from '../free-port.ts';
import { call } from './mesh.ts';

let root: string;
let store: ObjectStore;
let authority: Authority;
let events: EventRecorder;
let sidecars: RunningSidecars;
let hostPorts: Record<number, string>;
const started = new Set<string>();
const servers: Server[] = [];

async function openFleet(): Promise<RunningSidecars> {
  const { path: envoy } = await findEnvoy({ env: process.env, toolsDir: join(tmpdir(), 'parley-tools') });
  return createSidecars({ store, authority, envoy, stateDir: root, clock: systemClock, events, hostPorts });
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'fleet-'));
  store = openStore({ file: ':memory:', clock: systemClock, kinds: createKinds() });
  authority = await openAuthority({ dir: join(root, 'pki'), clock: systemClock, trustDomain: 'cluster.local' });
  events = createEvents({ store, clock: systemClock, component: 'sidecar', onLost: () => undefined });
  const [http, https] = await freePorts(2);
  hostPorts = { 8080: `127.0.0.1:${http}`, 8443: `127.0.0.1:${https}` };
  store.create(sample.namespace());
  sidecars = await openFleet();
});

afterEach(async () => {
  for (const uid of started) await sidecars.stop(uid);
  await sidecars.close();
  started.clear();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  events.flush();
  store.close();
  rmSync(root, { recursive: true });
});

const dir = (name: string) => join(root, name);

/** Makes the Pod object, its program and its sidecar. */
async function run(sketch: sample.PodSketch, listener?: RequestListener): Promise<Stored<Pod>> {
  const { status, ...object } = sample.pod(sketch);
  const created = store.create<Pod>(object as KubeObject);
  const pod = store.updateStatus<Pod>({ ...created, status } as unknown as KubeObject);
  mkdirSync(join(dir(sketch.name), 'in'), { recursive: true });
  if (listener) {
    const server = createServer({ keepAliveTimeout: 75_000 }, listener);
    servers.push(server);
    await new Promise<void>(
      (resolve) => void server.listen(join(dir(sketch.name), 'in', String(sketch.port)), resolve),
    );
  }
  await sidecars.start(pod, { uid: pod.metadata.uid, ip: sketch.ip, dir: dir(sketch.name) });
  started.add(pod.metadata.uid);
  return pod;
}

/** Ready endpoints with the uids that the store gave. */
function endpoints(service: string, pods: readonly (readonly [sample.PodSketch, Stored<Pod>])[]): void {
  const object = sample.slice(
    service,
    8080,
    pods.map(([sketch]) => sketch),
  );
  const list = object.endpoints as { targetRef: { uid: string } }[];
  for (const [index, [, pod]] of pods.entries()) {
    const one = list[index];
    if (one) one.targetRef.uid = pod.metadata.uid;
  }
  const type = 'EndpointSlice.discovery.k8s.io';
  const present = store.get(type, object.metadata.name ?? '', 'exchange');
  if (present) store.update({ ...present, ...object, metadata: present.metadata } as KubeObject);
  else store.create(object);
}

const web = { name: 'web-1', app: 'web', ip: '127.75.1.1', port: 8080, sockets: true };
const first = { name: 'orders-1', app: 'orders', version: '1.0.0', ip: '127.75.1.2', port: 8080, sockets: true };
const second = { name: 'orders-2', app: 'orders', version: '2.0.0', ip: '127.75.1.3', port: 8080, sockets: true };
const at = () => ({ socketPath: join(dir('web-1'), 'out/orders.exchange.svc.cluster.local:8080') });
const named: (name: string) => RequestListener = (name) => (_request, response) =>
  response.setHeader('x-pod', name).end(name);

function conditionOf(kind: string, name: string, type: string) {
  const route = store.get<AnyRoute>(`${kind}.gateway.networking.k8s.io`, name, 'exchange') as AnyRoute | undefined;
  return route?.status?.parents?.[0]?.conditions.find((one) => one.type === type);
}

test('a route is in force when its status says so', async () => {
  store.create(sample.service('orders', 'orders', 8080, 'http'));
  for (const version of ['1', '2'])
    store.create(sample.service(`orders-${version}`, 'orders', 8080, 'http', `${version}.0.0`));
  await run(web);
  const pods = [
    [first, await run(first, named('orders-1'))],
    [second, await run(second, named('orders-2'))],
  ] as const;
  endpoints('orders', pods);
  endpoints('orders-1', [pods[0]]);
  endpoints('orders-2', [pods[1]]);
  const type = 'HTTPRoute.gateway.networking.k8s.io';
  store.create(
    sample.meshRoute('HTTPRoute', 'orders', [{ backendRefs: sample.backends(8080, { 'orders-1': 1, 'orders-2': 0 }) }]),
  );
  for (const [weights, expected] of [
    [{ 'orders-1': 0, 'orders-2': 1 }, 'orders-2'],
    [{ 'orders-1': 1, 'orders-2': 0 }, 'orders-1'],
  ] as const) {
    const route = store.get(type, 'orders', 'exchange') as Stored;
    const spec = { ...(route.spec as object), rules: [{ backendRefs: sample.backends(8080, weights) }] };
    const { generation } = store.update({ ...route, spec } as KubeObject).metadata;
    await eventually(
      'Programmed',
      5000,
      () => conditionOf('HTTPRoute', 'orders', 'Programmed'),
      (one) => one?.status === 'True' && one.observedGeneration === generation,
    );
    const seen = new Set(await Promise.all(Array.from({ length: 20 }, async () => (await call(at())).body)));
    expect([...seen]).toEqual([expected]);
  }
  const before = store.get(type, 'orders', 'exchange')?.metadata.resourceVersion;
  await sidecars.settled();
  expect(store.get(type, 'orders', 'exchange')?.metadata.resourceVersion).toBe(before);
});

test('a route that Envoy refuses is told in its words, and keeps nothing else from being in force', async () => {
  for (const name of ['orders', 'other']) store.create(sample.service(name, 'orders', 8080, 'http'));
  await run(web);
  const pod = await run(first, named('orders-1'));
  const broken = [
    {
      matches: [{ path: { type: 'RegularExpression', value: '/(?=a)' } }],
      backendRefs: sample.backends(8080, { other: 1 }),
    },
  ];
  store.create(sample.meshRoute('HTTPRoute', 'other', broken));
  await sidecars.settled();
  expect(conditionOf('HTTPRoute', 'other', 'Programmed')).toMatchObject({
    status: 'False',
    reason: 'Refused',
    message: expect.stringMatching(/rejected: .*(\?=|perl)/),
  });
  endpoints('orders', [[first, pod]]);
  store.create(sample.meshRoute('HTTPRoute', 'orders', [{ backendRefs: sample.backends(8080, { orders: 1 }) }]));
  await sidecars.settled();
  expect(conditionOf('HTTPRoute', 'orders', 'Programmed')).toMatchObject({ status: 'True' });
  expect((await call(at())).body).toBe('orders-1');
  events.flush();
  expect(store.list<{ reason: string }>('Event').items.map(({ reason }) => reason)).toContain('Refused');
  const present = store.get('HTTPRoute.gateway.networking.k8s.io', 'other', 'exchange') as Stored;
  store.update({ ...present, spec: { ...(present.spec as object), rules: [] } } as KubeObject);
  await sidecars.settled();
  expect(conditionOf('HTTPRoute', 'other', 'Programmed')).toMatchObject({ status: 'True' });
});

test('what a route names and is not there is told', async () => {
  store.create(sample.service('orders', 'orders', 8080, 'http'));
  store.create(sample.service('db', 'db', 5432, 'tcp'));
  store.create(sample.meshRoute('HTTPRoute', 'orders', [{ backendRefs: sample.backends(8080, { 'orders-9': 1 }) }]));
  store.create(sample.meshRoute('GRPCRoute', 'nobody', []));
  store.create(sample.meshRoute('HTTPRoute', 'db', []));
  await sidecars.settled();
  expect(conditionOf('HTTPRoute', 'orders', 'ResolvedRefs')).toMatchObject({
    status: 'False',
    reason: 'BackendNotFound',
    message: expect.stringContaining('exchange/orders-9'),
  });
  expect(conditionOf('GRPCRoute', 'nobody', 'Accepted')).toMatchObject({ status: 'False', reason: 'NoMatchingParent' });
  expect(conditionOf('HTTPRoute', 'db', 'Accepted')).toMatchObject({
    status: 'False',
    message: expect.stringContaining('5432 tcp'),
  });
});

test('a Pod is drained when nobody sends to it and its last request is answered', async () => {
  store.create(sample.service('orders', 'orders', 8080, 'http'));
  await run(web);
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const slow: RequestListener = async (request, response) => {
    if (request.url !== '/slow') return void response.end('quick');
    arrived.resolve();
    await answer.promise;
    response.end('late');
  };
  const pod = await run(first, slow);
  const other = await run(second, named('orders-2'));
  endpoints('orders', [[first, pod]]);
  await sidecars.settled();
  const request = call(at(), '/slow');
  await arrived.promise;
  let drained = false;
  const waiting = sidecars.drained(pod.metadata.uid, new AbortController().signal).then(() => {
    drained = true;
  });
  await sidecars.settled();
  expect(drained).toBe(false);
  endpoints('orders', [[second, other]]);
  await eventually(
    'requests go to the other Pod',
    5000,
    async () => (await call(at())).body,
    (body) => body === 'orders-2',
  );
  expect(drained).toBe(false);
  answer.resolve();
  await waiting;
  expect(await request).toMatchObject({ status: 200, body: 'late' });
});

test('waiting for a drain ends with its signal', async () => {
  store.create(sample.service('orders', 'orders', 8080, 'http'));
  await run(web);
  const pod = await run(first, named('orders-1'));
  endpoints('orders', [[first, pod]]);
  await sidecars.drained(pod.metadata.uid, AbortSignal.timeout(100));
});

test('the next daemon takes the Envoys over and goes on changing them', async () => {
  store.create(sample.service('orders', 'orders', 8080, 'http'));
  const caller = await run(web);
  const pod = await run(first, named('orders-1'));
  const pidOf = () => JSON.parse(readFileSync(join(dir('web-1'), 'sidecar/process.json'), 'utf8')).pid;
  const pid = pidOf();
  await sidecars.close();
  endpoints('orders', [[first, pod]]);
  sidecars = await openFleet();
  await sidecars.start(caller, { uid: caller.metadata.uid, ip: web.ip, dir: dir('web-1') });
  await sidecars.start(pod, { uid: pod.metadata.uid, ip: first.ip, dir: dir('orders-1') });
  expect(pidOf()).toBe(pid);
  expect((await call(at())).body).toBe('orders-1');
});

const edgePod = {
  name: 'edge-1',
  app: 'edge',
  ip: '127.75.1.9',
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
const gatewayNow = () => store.get<Gateway>('Gateway.gateway.networking.k8s.io', 'edge', 'exchange');
const programmed = () => gatewayNow()?.status?.conditions?.find(({ type }) => type === 'Programmed');

test('the gateway lets outside clients in by its routes, over HTTP and TLS, and by nothing else', async () => {
  store.create(sample.service('orders', 'orders', 8080, 'http'));
  store.create(gateway('parley'));
  const pod = await run(first, (request, response) => response.end(JSON.stringify(request.headers)));
  await run(edgePod);
  endpoints('orders', [[first, pod]]);
  await sidecars.settled();
  expect(programmed()).toMatchObject({
    status: 'False',
    reason: 'InvalidCertificateRef',
    message: expect.stringContaining('edge-tls'),
  });
  const { certificatePem, keyPem } = await authority.server({ dns: ['localhost'], ips: ['127.0.0.1'] });
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  store.create({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'edge-tls', namespace: 'exchange' },
    data: { 'tls.crt': base64(certificatePem), 'tls.key': base64(keyPem) },
  });
  store.create({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'edge-orders', namespace: 'exchange' },
    spec: {
      parentRefs: [{ name: 'edge' }],
      rules: [{ matches: [{ path: { value: '/orders' } }], backendRefs: sample.backends(8080, { orders: 1 }) }],
    },
  });
  await sidecars.settled();
  expect(programmed()).toMatchObject({ status: 'True' });
  expect(conditionOf('HTTPRoute', 'edge-orders', 'Programmed')).toMatchObject({ status: 'True' });
  const [, port] = (hostPorts[8080] ?? '').split(':');
  const answer = await call({ host: '127.0.0.1', port: Number(port) }, '/orders/1', {
    'x-forwarded-client-cert': 'URI=forged',
    'x-parley-service': 'in:8080',
  });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)['x-forwarded-client-cert']).toMatch(
    /URI=spiffe:\/\/cluster.local\/ns\/exchange\/sa\/edge$/,
  );
  expect((await call({ host: '127.0.0.1', port: Number(port) }, '/admin')).status).toBe(404);
  const session = http2Connect(`https://${hostPorts[8443]}`, { ca: authority.clusterBundlePem });
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
  store.create(gateway('parley'));
  const old = await run(edgePod);
  const [host = '', port] = (hostPorts[8080] ?? '').split(':');
  const statuses = new Set<number | string>();
  let going = true;
  const load = (async () => {
    while (going) statuses.add(await call({ host, port: Number(port) }).then(({ status }) => status, String));
  })();
  await run({ ...edgePod, name: 'edge-2', ip: '127.75.1.10' });
  await sidecars.drained(old.metadata.uid, AbortSignal.timeout(10_000));
  await sidecars.stop(old.metadata.uid);
  started.delete(old.metadata.uid);
  expect((await call({ host, port: Number(port) })).status).toBe(404);
  going = false;
  await load;
  expect([...statuses]).toEqual([404]);
});

test('a host port that is taken is named, and the gateway opens when it is free', async () => {
  const [host = '', port] = (hostPorts[8080] ?? '').split(':');
  const holder = createTcpServer();
  await new Promise<void>((resolve) => void holder.listen(Number(port), host, resolve));
  store.create(gateway('parley'));
  await run(edgePod);
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
  const created = store.create(gateway('istio'));
  await sidecars.settled();
  expect(store.get('Deployment.apps', 'edge-istio', 'exchange')?.metadata.ownerReferences?.[0]?.uid).toBe(
    created.metadata.uid,
  );
  store.create({
    ...gateway('istio'),
    metadata: { name: 'own', namespace: 'exchange' },
    spec: { gatewayClassName: 'istio', addresses: [{ type: 'Hostname', value: 'own' }], listeners: [] },
  });
  await sidecars.settled();
  expect(store.get('Deployment.apps', 'own-istio', 'exchange')).toBeUndefined();
});

test('objects that disagree about the protocol of a port get an event that names both', async () => {
  store.create(sample.service('orders', 'orders', 8080, 'http'));
  store.create(sample.service('raw', 'orders', 8080, 'tcp'));
  await run(first, named('orders-1'));
  await sidecars.settled();
  events.flush();
  const told = store.list<{ reason: string; message: string; involvedObject: { name: string } }>('Event').items;
  expect(told.filter(({ reason }) => reason === 'ProtocolConflict')).toEqual([
    expect.objectContaining({
      involvedObject: expect.objectContaining({ kind: 'Service', name: 'raw' }),
      message: expect.stringContaining('Service raw says tcp, Service orders says http'),
    }),
  ]);
});

test('programs are told where their sidecar is', async () => {
  store.create(sample.service('orders', 'orders', 8080, 'http'));
  const plain = { ...web, name: 'plain-1', ip: '127.75.1.7', sockets: false };
  const withSockets = await run(web);
  const byTcp = await run(plain);
  const place = (sketch: sample.PodSketch) => ({ uid: sketch.name, ip: sketch.ip, dir: dir(sketch.name) });
  const declared = { ORDERS_URL: 'http://orders.exchange.svc.cluster.local:8080/x', OTHER: 'y' };
  expect(sidecars.environment(withSockets, place(web), declared)).toEqual({ PARLEY_SOCKETS: '.' });
  expect(sidecars.environment(byTcp, place(plain), declared)).toEqual({
    ORDERS_URL: expect.stringMatching(/^http:\/\/127.75.1.7:2\d{4}\/x$/),
  });
});
