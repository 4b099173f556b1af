import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import type { KubeObject, Stored } from '../../local/store/types.ts';
import { eventually } from '../eventually.ts';
import { type Fleet, openFleet } from './fleet.ts';
import { call } from './mesh.ts';

let fleet: Fleet;
beforeEach(async () => {
  fleet = await openFleet();
});
afterEach(() => fleet.end());

const web = { name: 'web-1', app: 'web', ip: '127.75.1.1', port: 8080, sockets: true };
const first = { name: 'orders-1', app: 'orders', version: '1.0.0', ip: '127.75.1.2', port: 8080, sockets: true };
const second = { name: 'orders-2', app: 'orders', version: '2.0.0', ip: '127.75.1.3', port: 8080, sockets: true };
const at = () => ({ socketPath: join(fleet.dir('web-1'), 'out/orders.exchange.svc.cluster.local:8080') });

/** A caller and two releases of what it calls. */
async function openMesh() {
  fleet.store.create(sample.service('orders', 'orders', 8080, 'http'));
  await fleet.run(web);
  const pods = [
    [first, await fleet.run(first, (_request, response) => response.end('orders-1'))],
    [second, await fleet.run(second, (_request, response) => response.end('orders-2'))],
  ] as const;
  for (const [index, version] of ['1', '2'].entries()) {
    fleet.store.create(sample.service(`orders-${version}`, 'orders', 8080, 'http', `${version}.0.0`));
    fleet.endpoints(`orders-${version}`, pods.slice(index, index + 1));
  }
  return pods;
}

/** Sends all requests to one release; the generation of the route. */
function sendTo(release: string): number | undefined {
  const weights = { 'orders-1': 0, 'orders-2': 0, [release]: 1 };
  const route = sample.meshRoute('HTTPRoute', 'orders', [{ backendRefs: sample.backends(8080, weights) }]);
  const present = fleet.store.get('HTTPRoute.gateway.networking.k8s.io', 'orders', 'exchange') as Stored | undefined;
  const stored = present
    ? fleet.store.update({ ...present, spec: route.spec } as KubeObject)
    : fleet.store.create(route as KubeObject);
  return stored.metadata.generation;
}

const inForce = (generation: number | undefined) => {
  const told = fleet.conditionOf('HTTPRoute', 'orders', 'Programmed');
  return told?.status === 'True' && told.observedGeneration === generation;
};

const pidOf = (pod: string): number =>
  JSON.parse(readFileSync(join(fleet.dir(pod), 'sidecar/process.json'), 'utf8')).pid;

/** Kills the sidecar of a Pod and waits until it is gone; its process id. */
async function kill(pod: string): Promise<number> {
  const pid = pidOf(pod);
  process.kill(pid, 'SIGKILL');
  const goneBy = performance.now() + 2000;
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return pid; // ESRCH: it is gone.
    }
    if (performance.now() > goneBy) throw new Error(`process ${pid} is still there 2 s after SIGKILL`);
    await turn();
  }
}

const firstAnswer = () =>
  eventually(
    'the first answer of the sidecar that is back',
    5000,
    () => call(at()),
    () => true,
  );

test('weights that change while a sidecar is away are in force from its first request on', async () => {
  await openMesh();
  sendTo('orders-1');
  await fleet.sidecars.settled();
  for (const release of ['orders-2', 'orders-1', 'orders-2']) {
    const before = await kill('web-1');
    const generation = sendTo(release);
    let told = 'not yet';
    const settled = fleet.sidecars.settled().then(() => {
      told = inForce(generation) ? `in force, by process ${pidOf('web-1')}` : 'not in force';
    });
    expect(await firstAnswer()).toMatchObject({ status: 200, body: release });
    await settled;
    expect(told).toBe(`in force, by process ${pidOf('web-1')}`);
    expect(pidOf('web-1')).not.toBe(before);
  }
});

test('a route that changes in the moment of the kill is told as in force only when it is', async () => {
  await openMesh();
  sendTo('orders-1');
  await fleet.sidecars.settled();
  process.kill(pidOf('web-1'), 'SIGKILL');
  const generation = sendTo('orders-2');
  await eventually('Programmed', 5000, () => inForce(generation));
  expect(await call(at())).toMatchObject({ status: 200, body: 'orders-2' });
});

test('a Pod is drained only when the sidecar that is away is back without it', async () => {
  const [[, pod]] = await openMesh();
  sendTo('orders-1');
  await fleet.sidecars.settled();
  const before = await kill('web-1');
  sendTo('orders-2');
  fleet.endpoints('orders-1', []);
  await fleet.sidecars.drained(pod.metadata.uid, new AbortController().signal);
  expect(pidOf('web-1')).not.toBe(before);
  expect(await call(at())).toMatchObject({ status: 200, body: 'orders-2' });
});

test('a route with which a sidecar cannot start is refused, and it comes back with what it had', async () => {
  await openMesh();
  sendTo('orders-1');
  await fleet.sidecars.settled();
  await kill('web-1');
  const broken = [
    {
      matches: [{ path: { type: 'RegularExpression', value: '/(?=a)' } }],
      backendRefs: sample.backends(8080, { 'orders-2': 1 }),
    },
  ];
  const type = 'HTTPRoute.gateway.networking.k8s.io';
  const present = fleet.store.get(type, 'orders', 'exchange') as Stored;
  const { spec } = sample.meshRoute('HTTPRoute', 'orders', broken);
  fleet.store.update({ ...present, spec } as KubeObject);
  await eventually(
    'Programmed False',
    10_000,
    () => fleet.conditionOf('HTTPRoute', 'orders', 'Programmed'),
    (one) => one?.status === 'False',
  );
  expect(await firstAnswer()).toMatchObject({ status: 200, body: 'orders-1' });
});
