import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import type { KubeObject, Stored } from '../../local/store/types.ts';
import { eventually } from '../eventually.ts';
import { address } from './addresses.ts';
import { type Fleet, openFleet } from './fleet.ts';
import { call } from './mesh.ts';

let fleet: Fleet;
beforeEach(async () => {
  fleet = await openFleet();
});
afterEach(() => fleet.end());

const web = { name: 'web-1', app: 'web', ip: address(1), port: 8080, sockets: true };
const first = { name: 'orders-1', app: 'orders', version: '1.0.0', ip: address(2), port: 8080, sockets: true };
const second = { name: 'orders-2', app: 'orders', version: '2.0.0', ip: address(3), port: 8080, sockets: true };
const at = () => ({ socketPath: join(fleet.dir('web-1'), 'out/orders.exchange.svc.cluster.local:8080') });
const named: (name: string) => RequestListener = (name) => (_request, response) =>
  response.setHeader('x-pod', name).end(name);

test('a route is in force when its status says so', async () => {
  fleet.store.create(sample.service('orders', 'orders', 8080, 'http'));
  for (const version of ['1', '2'])
    fleet.store.create(sample.service(`orders-${version}`, 'orders', 8080, 'http', `${version}.0.0`));
  await fleet.run(web);
  const pods = [
    [first, await fleet.run(first, named('orders-1'))],
    [second, await fleet.run(second, named('orders-2'))],
  ] as const;
  fleet.endpoints('orders', pods);
  fleet.endpoints('orders-1', [pods[0]]);
  fleet.endpoints('orders-2', [pods[1]]);
  const type = 'HTTPRoute.gateway.networking.k8s.io';
  fleet.store.create(
    sample.meshRoute('HTTPRoute', 'orders', [{ backendRefs: sample.backends(8080, { 'orders-1': 1, 'orders-2': 0 }) }]),
  );
  for (const [weights, expected] of [
    [{ 'orders-1': 0, 'orders-2': 1 }, 'orders-2'],
    [{ 'orders-1': 1, 'orders-2': 0 }, 'orders-1'],
  ] as const) {
    const route = fleet.store.get(type, 'orders', 'exchange') as Stored;
    const spec = { ...(route.spec as object), rules: [{ backendRefs: sample.backends(8080, weights) }] };
    const { generation } = fleet.store.update({ ...route, spec } as KubeObject).metadata;
    await eventually(
      'Programmed',
      5000,
      () => fleet.conditionOf('HTTPRoute', 'orders', 'Programmed'),
      (one) => one?.status === 'True' && one.observedGeneration === generation,
    );
    const seen = new Set(await Promise.all(Array.from({ length: 20 }, async () => (await call(at())).body)));
    expect([...seen]).toEqual([expected]);
  }
  const before = fleet.store.get(type, 'orders', 'exchange')?.metadata.resourceVersion;
  await fleet.sidecars.settled();
  expect(fleet.store.get(type, 'orders', 'exchange')?.metadata.resourceVersion).toBe(before);
});

test('a route that Envoy refuses is told in its words, and keeps nothing else from being in force', async () => {
  for (const name of ['orders', 'other']) fleet.store.create(sample.service(name, 'orders', 8080, 'http'));
  await fleet.run(web);
  const pod = await fleet.run(first, named('orders-1'));
  const broken = [
    {
      matches: [{ path: { type: 'RegularExpression', value: '/(?=a)' } }],
      backendRefs: sample.backends(8080, { other: 1 }),
    },
  ];
  fleet.store.create(sample.meshRoute('HTTPRoute', 'other', broken));
  await fleet.sidecars.settled();
  expect(fleet.conditionOf('HTTPRoute', 'other', 'Programmed')).toMatchObject({
    status: 'False',
    reason: 'Refused',
    message: expect.stringMatching(/rejected: .*(\?=|perl)/),
  });
  fleet.endpoints('orders', [[first, pod]]);
  fleet.store.create(sample.meshRoute('HTTPRoute', 'orders', [{ backendRefs: sample.backends(8080, { orders: 1 }) }]));
  await fleet.sidecars.settled();
  expect(fleet.conditionOf('HTTPRoute', 'orders', 'Programmed')).toMatchObject({ status: 'True' });
  expect((await call(at())).body).toBe('orders-1');
  fleet.events.flush();
  expect(fleet.store.list<{ reason: string }>('Event').items.map(({ reason }) => reason)).toContain('Refused');
  const present = fleet.store.get('HTTPRoute.gateway.networking.k8s.io', 'other', 'exchange') as Stored;
  fleet.store.update({ ...present, spec: { ...(present.spec as object), rules: [] } } as KubeObject);
  await fleet.sidecars.settled();
  expect(fleet.conditionOf('HTTPRoute', 'other', 'Programmed')).toMatchObject({ status: 'True' });
});

test('what a route names and is not there is told', async () => {
  fleet.store.create(sample.service('orders', 'orders', 8080, 'http'));
  fleet.store.create(sample.service('db', 'db', 5432, 'tcp'));
  fleet.store.create(
    sample.meshRoute('HTTPRoute', 'orders', [{ backendRefs: sample.backends(8080, { 'orders-9': 1 }) }]),
  );
  fleet.store.create(sample.meshRoute('GRPCRoute', 'nobody', []));
  fleet.store.create(sample.meshRoute('HTTPRoute', 'db', []));
  await fleet.sidecars.settled();
  expect(fleet.conditionOf('HTTPRoute', 'orders', 'ResolvedRefs')).toMatchObject({
    status: 'False',
    reason: 'BackendNotFound',
    message: expect.stringContaining('exchange/orders-9'),
  });
  expect(fleet.conditionOf('GRPCRoute', 'nobody', 'Accepted')).toMatchObject({
    status: 'False',
    reason: 'NoMatchingParent',
  });
  expect(fleet.conditionOf('HTTPRoute', 'db', 'Accepted')).toMatchObject({
    status: 'False',
    message: expect.stringContaining('5432 tcp'),
  });
});

test('a Pod is drained when nobody sends to it and its last request is answered', async () => {
  fleet.store.create(sample.service('orders', 'orders', 8080, 'http'));
  await fleet.run(web);
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const slow: RequestListener = async (request, response) => {
    if (request.url !== '/slow') return void response.end('quick');
    arrived.resolve();
    await answer.promise;
    response.end('late');
  };
  const pod = await fleet.run(first, slow);
  const other = await fleet.run(second, named('orders-2'));
  fleet.endpoints('orders', [[first, pod]]);
  await fleet.sidecars.settled();
  const request = call(at(), '/slow');
  await arrived.promise;
  let drained = false;
  const waiting = fleet.sidecars.drained(pod.metadata.uid, new AbortController().signal).then(() => {
    drained = true;
  });
  await fleet.sidecars.settled();
  expect(drained).toBe(false);
  fleet.endpoints('orders', [[second, other]]);
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
  fleet.store.create(sample.service('orders', 'orders', 8080, 'http'));
  await fleet.run(web);
  const pod = await fleet.run(first, named('orders-1'));
  fleet.endpoints('orders', [[first, pod]]);
  await fleet.sidecars.drained(pod.metadata.uid, AbortSignal.timeout(100));
});

test('the next daemon takes the Envoys over and goes on changing them', async () => {
  fleet.store.create(sample.service('orders', 'orders', 8080, 'http'));
  const caller = await fleet.run(web);
  const pod = await fleet.run(first, named('orders-1'));
  const pidOf = () => JSON.parse(readFileSync(join(fleet.dir('web-1'), 'sidecar/process.json'), 'utf8')).pid;
  const pid = pidOf();
  fleet.endpoints('orders', [[first, pod]]);
  await fleet.reopen();
  await fleet.sidecars.start(caller, { uid: caller.metadata.uid, ip: web.ip, dir: fleet.dir('web-1') });
  await fleet.sidecars.start(pod, { uid: pod.metadata.uid, ip: first.ip, dir: fleet.dir('orders-1') });
  expect(pidOf()).toBe(pid);
  expect((await call(at())).body).toBe('orders-1');
});

test('objects that disagree about the protocol of a port get an event that names both', async () => {
  fleet.store.create(sample.service('orders', 'orders', 8080, 'http'));
  fleet.store.create(sample.service('raw', 'orders', 8080, 'tcp'));
  await fleet.run(first, named('orders-1'));
  await fleet.sidecars.settled();
  fleet.events.flush();
  const told = fleet.store.list<{ reason: string; message: string; involvedObject: { name: string } }>('Event').items;
  expect(told.filter(({ reason }) => reason === 'ProtocolConflict')).toEqual([
    expect.objectContaining({
      involvedObject: expect.objectContaining({ kind: 'Service', name: 'raw' }),
      message: expect.stringContaining('Service raw says tcp, Service orders says http'),
    }),
  ]);
});

test('programs are told where their sidecar is', async () => {
  fleet.store.create(sample.service('orders', 'orders', 8080, 'http'));
  const plain = { ...web, name: 'plain-1', ip: address(7), sockets: false };
  const withSockets = await fleet.run(web);
  const byTcp = await fleet.run(plain);
  const place = (sketch: sample.PodSketch) => ({ uid: sketch.name, ip: sketch.ip, dir: fleet.dir(sketch.name) });
  const declared = { ORDERS_URL: 'http://orders.exchange.svc.cluster.local:8080/x', OTHER: 'y' };
  expect(fleet.sidecars.environment(withSockets, place(web), declared)).toEqual({ PARLEY_SOCKETS: '.' });
  expect(fleet.sidecars.environment(byTcp, place(plain), declared)).toEqual({
    ORDERS_URL: expect.stringMatching(new RegExp(`^http://${address(7)}:2\\d{4}/x$`)),
  });
});
