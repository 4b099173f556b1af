import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { createLog } from '../../kube/log.ts';
import { type KubeRest, openKubeRest, RestError } from '../../kube/rest.ts';
import type { KubeObject } from '../../local/store/types.ts';
import { releaseHeader } from '../../mesh/release-header.ts';
import { rolloutHeader } from '../../mesh/rollout-header.ts';
import { eventually } from '../../tests/eventually.ts';
import { openReleaseCalls, type ReleaseCalls } from '../calls/release-calls.ts';
import { type RolloutController, startRolloutController } from './controller.ts';
import { nextTick } from './looks.ts';
import { createRolloutMetrics } from './metrics.ts';
import type { Route } from './objects.ts';
import { addedAnnotation } from './route-rules.ts';
import { type Failing, trafficEvidence } from './test-traffic.ts';
import { namespace, routeTo, type TestWorld, testWorld } from './test-world.ts';
import { finalizer } from './writes.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function world(service = 'accounts'): Promise<TestWorld> {
  const made = await testWorld();
  ends.push(() => made.close());
  made.deploy(service, '1.4.0');
  made.deploy(service, '2.0.0');
  made.route(routeTo(service, '1.4.0'));
  made.route(routeTo(service, '1.4.0', { gateway: 'edge' }));
  return made;
}

interface More {
  readonly failing?: Failing;
  readonly identity?: string;
  readonly calls?: ReleaseCalls;
  /** Between the controller and the API server. */
  readonly by?: (rest: KubeRest) => KubeRest;
}

async function controller(made: TestWorld, more: More = {}) {
  const opened = await openKubeRest(made.config);
  const rest = more.by?.(opened) ?? opened;
  const lines: string[] = [];
  const evidence = trafficEvidence({
    requestsPerSecond: 10_000,
    failing: more.failing ?? {},
    weights: made.weights,
    now: systemClock.now,
  });
  const metrics = createRolloutMetrics();
  const running: RolloutController = await startRolloutController({
    rest,
    clock: systemClock,
    log: createLog((line) => lines.push(line), Date.now),
    namespace,
    lease: { namespace, identity: more.identity ?? 'one', durationMs: 15_000 },
    evidence,
    ...(more.calls ? { calls: more.calls } : {}),
    metrics,
  });
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await running.stop();
    await rest.close();
  };
  ends.push(stop);
  return { ...running, stop, lines, evidence, metrics };
}

const ended = (made: TestWorld, phase: string, service = 'accounts') =>
  eventually(
    `phase ${phase}`,
    15_000,
    () => made.read(service)?.status,
    (status) => status?.phase === phase,
  );

test('a good candidate gets everything, step by step, at the mesh and at the edge', async () => {
  const made = await world();
  const { evidence, metrics, lines } = await controller(made);
  const seen: string[] = [];
  made.store.watch<{ status?: { phase?: string; stage?: string } }>('Rollout.parley.dev', ({ object }) => {
    const at = `${object.status?.phase} ${object.status?.stage ?? ''}`.trim();
    if (at !== seen.at(-1)) seen.push(at);
  });
  made.start('accounts', {});
  await ended(made, 'Promoted');
  expect(seen.filter((at) => at.startsWith('Analysing'))).toEqual([
    'Analysing 1/3 10 %',
    'Analysing 2/3 50 %',
    'Analysing 3/3 100 %',
  ]);
  for (const route of ['accounts', 'edge-accounts'])
    expect(made.weights(route)).toEqual({ 'accounts-1-4-0': 0, 'accounts-2-0-0': 100 });
  await eventually(
    'no finalizer',
    2000,
    () => made.read('accounts')?.metadata.finalizers?.length ?? 0,
    (n) => n === 0,
  );
  expect(evidence.opened()).toBe(0);
  const reasons = () => made.store.list<{ reason: string }>('Event', { namespace }).items.map(({ reason }) => reason);
  await eventually('events', 5000, reasons, (all) =>
    ['RolloutStarted', 'StagePassed', 'Promoted'].every((reason) => all.includes(reason)),
  );
  expect(await metrics.registry.metrics()).toContain(
    'parley_route_weight{namespace="exchange",service="accounts",release="2.0.0"} 100',
  );
  expect(lines.filter((line) => line.includes('"error"'))).toEqual([]);
});

test('a candidate that fails goes back, and nothing is left of it', async () => {
  const made = await world();
  await controller(made, { failing: { 'accounts-2-0-0': 0.2 } });
  made.start('accounts', {});
  const status = await ended(made, 'RolledBack');
  expect(made.weights('accounts')).toEqual({ 'accounts-1-4-0': 100, 'accounts-2-0-0': 0 });
  expect(status?.checks?.[0]).toMatchObject({ name: 'errors', verdict: 'fail' });
  expect(status?.history).toHaveLength(1);
});

test('a candidate that is not ready gets nothing', async () => {
  const made = await world();
  made.setReady('accounts-2-0-0', false);
  await controller(made);
  made.start('accounts', { gates: { readinessTimeout: '1s' } });
  await ended(made, 'Refused');
  expect(made.weights('accounts')).toEqual({ 'accounts-1-4-0': 100 });
});

test('a candidate that drops a contract, or does not say, is refused', async () => {
  const made = await world();
  made.deploy('accounts', '3.0.0', { contracts: 'v2' });
  made.deploy('accounts', '4.0.0', { contracts: '' });
  await controller(made);
  made.start('accounts', { candidate: '3.0.0' });
  const status = await ended(made, 'Refused');
  expect(status?.message).toContain('no longer serves v1');
  made.change('accounts', { candidate: '4.0.0' });
  await eventually(
    'second refusal',
    5000,
    () => made.read('accounts')?.status?.message,
    (text) => text?.includes('gates.contract: false') ?? false,
  );
});

test('deleted in the middle, it takes the traffic back before it goes', async () => {
  const made = await world();
  await controller(made);
  made.start('accounts', {
    strategy: { match: { any: [{ headers: [{ name: 'x-canary', value: '1' }] }], minDuration: '1m' } },
  });
  await eventually(
    'rule',
    5000,
    () =>
      made.store.get('HTTPRoute.gateway.networking.k8s.io', 'accounts', namespace)?.metadata.annotations?.[
        addedAnnotation
      ],
  );
  made.remove('accounts');
  await eventually('gone', 5000, () => made.read('accounts') === undefined);
  const route = made.store.get<{ spec: { rules: unknown[] } }>(
    'HTTPRoute.gateway.networking.k8s.io',
    'accounts',
    namespace,
  );
  expect(route?.spec.rules).toHaveLength(1);
  expect(route?.metadata.annotations?.[addedAnnotation]).toBeUndefined();
});

test('deleted when its routes are gone, it goes too', async () => {
  const made = await world();
  const { evidence } = await controller(made);
  made.start('accounts', { strategy: { canary: { steps: [{ weight: 20, minDuration: '1m' }] } } });
  await eventually(
    '20 %',
    5000,
    () => made.weights('accounts')['accounts-2-0-0'],
    (weight) => weight === 20,
  );
  for (const route of ['accounts', 'edge-accounts']) made.store.delete(httpRoute, route, namespace);
  made.remove('accounts');
  await eventually('gone', 5000, () => made.read('accounts') === undefined);
  await eventually('nothing is counted any more', 2000, () => evidence.opened() === 0);
});

test('another candidate in the middle supersedes, and gets its own attempt', async () => {
  const made = await world();
  made.deploy('accounts', '3.0.0');
  await controller(made);
  made.start('accounts', { strategy: { canary: { steps: [{ weight: 20, minDuration: '1m' }] } } });
  await eventually(
    '20 %',
    5000,
    () => made.weights('accounts')['accounts-2-0-0'],
    (weight) => weight === 20,
  );
  made.change('accounts', { candidate: '3.0.0', strategy: { canary: { steps: [{ weight: 30 }] } } });
  const status = await ended(made, 'Promoted');
  expect(status).toMatchObject({ attempt: 2, stable: '1.4.0', candidate: '3.0.0' });
  expect(status?.history?.map(({ outcome }) => outcome)).toEqual(['Promoted', 'Superseded']);
  expect(made.weights('accounts')).toEqual({ 'accounts-1-4-0': 0, 'accounts-2-0-0': 0, 'accounts-3-0-0': 100 });
});

test('of two controllers one acts; when it ends the other goes on', async () => {
  const made = await world();
  const first = await controller(made, { identity: 'first' });
  made.start('accounts', {
    strategy: {
      canary: {
        steps: [
          { weight: 10, minDuration: '1s' },
          { weight: 20, minDuration: '1s' },
        ],
      },
    },
  });
  await eventually('first leads', 3000, () => first.leads());
  const second = await controller(made, { identity: 'second' });
  await eventually(
    '10 %',
    5000,
    () => made.weights('accounts')['accounts-2-0-0'],
    (weight) => weight === 10,
  );
  expect([first.leads(), second.leads()]).toEqual([true, false]);
  await first.stop();
  await ended(made, 'Promoted');
  expect(made.read('accounts')?.status?.history).toHaveLength(1);
});

test('rollouts that began together are looked at one after the other', () => {
  const due = Array.from({ length: 10 }, (_, i) => nextTick(12_345, 1000, i / 10));
  expect(due.every((at) => at - 12_345 >= 500 && at - 12_345 <= 1500)).toBe(true);
  expect(new Set(due.map((at) => at % 1000)).size).toBe(10);
  expect(nextTick(nextTick(12_345, 100, 0.3), 100, 0.3) - nextTick(12_345, 100, 0.3)).toBe(100);
});

/** A way to the API server on which no status arrives. */
function withoutStatus(asked: string[], rest: KubeRest): KubeRest {
  return {
    ...rest,
    async send(method, path, body, signal) {
      if (method !== 'GET') asked.push(`${method} ${path.split('/').slice(-2).join('/')}`);
      if (path.endsWith('/status')) throw new RestError(500, 'the status was lost');
      return rest.send(method, path, body, signal);
    },
  };
}

test('a state that cannot be stored has no effect', async () => {
  const made = await world();
  const asked: string[] = [];
  const { lines } = await controller(made, { by: (rest) => withoutStatus(asked, rest) });
  made.start('accounts', { strategy: { blueGreen: {} } });
  await eventually(
    'ten tries',
    15_000,
    () => asked.filter((each) => each === 'PATCH accounts/status').length,
    (n) => n >= 10,
  );
  expect(new Set(asked)).toEqual(new Set(['PATCH rollouts/accounts', 'PATCH accounts/status']));
  expect(made.weights('accounts')).toEqual({ 'accounts-1-4-0': 100 });
  expect(lines.join()).toContain('the status was lost');
});

test('a state that is not understood is told, and does not hold up whoever deletes it', async () => {
  const made = await world();
  made.start('accounts', {});
  const before = made.read('accounts');
  if (!before) throw new Error('the Rollout was not created');
  made.store.update({ ...before, metadata: { ...before.metadata, finalizers: [finalizer] } });
  const held = made.read('accounts');
  if (held)
    made.store.updateStatus({ ...held, status: { attempt: 1, state: { phase: 'Dancing', attempt: 1 } } } as KubeObject);
  await controller(made);
  const events = () => made.store.list<{ reason: string; message: string }>('Event', { namespace }).items;
  const told = await eventually('an Event', 5000, events, (all) => all.length > 0);
  expect(told.map(({ reason }) => reason)).toEqual(['StateUnknown']);
  expect(told[0]?.message).toContain('put the routes where they are to stay');
  made.remove('accounts');
  await eventually('gone', 5000, () => made.read('accounts') === undefined);
});

/** A way to the API server on which no route may be written while `denies` says so; its words are those of a real one. */
function withoutRights(askedAtMs: number[], denies: () => boolean, rest: KubeRest): KubeRest {
  return {
    ...rest,
    async send(method, path, body, signal) {
      if (method === 'PATCH' && path.endsWith('/httproutes/accounts') && denies()) {
        askedAtMs.push(performance.now());
        throw new RestError(403, 'httproutes.gateway.networking.k8s.io "accounts" is forbidden: User "x" cannot patch');
      }
      return rest.send(method, path, body, signal);
    },
  };
}

test('rights that are missing are told in the status and by one Event, and the write is tried ever less often', async () => {
  const made = await world();
  const askedAtMs: number[] = [];
  let denied = true;
  await controller(made, { by: (rest) => withoutRights(askedAtMs, () => denied, rest) });
  made.start('accounts', { strategy: { canary: { steps: [{ weight: 20, minDuration: '1m' }] } } });
  const status = await eventually(
    'words of the API server in the status',
    5000,
    () => made.read('accounts')?.status,
    (seen) => seen?.message?.includes('accounts" is forbidden: User "x" cannot patch') ?? false,
  );
  expect(status?.phase).toBe('Shifting');
  await eventually(
    'eight tries',
    10_000,
    () => askedAtMs.length,
    (n) => n >= 8,
  );
  expect((askedAtMs.at(7) ?? 0) - (askedAtMs.at(6) ?? 0)).toBeGreaterThan(300);
  const warnings = made.store
    .list<{ type: string; reason: string; message: string }>('Event', { namespace })
    .items.filter(({ type }) => type === 'Warning');
  expect(warnings.map(({ reason }) => reason)).toEqual(['WriteRefused']);
  expect(warnings[0]?.message).toMatch(/is forbidden: User "x" cannot patch; Type: kubectl get rolebindings/);
  denied = false;
  await eventually(
    '20 %',
    5000,
    () => made.weights('accounts')['accounts-2-0-0'],
    (weight) => weight === 20,
  );
});

/** Leads requests as the route of the edge says; the release answers that it is itself, 2.0.0 with this status. */
async function edgeOf(made: TestWorld, status: number): Promise<ReleaseCalls> {
  const server = createServer((ask, answer) => {
    const rules = made.store.get<Route>(httpRoute, 'edge-accounts', namespace)?.spec.rules ?? [];
    const rule = rules.find(({ matches = [{}] }) =>
      matches.some(({ headers = [] }) => headers.every(({ name, value }) => ask.headers[name] === value)),
    );
    const release = rule?.backendRefs?.[0]?.name === 'accounts-2-0-0' ? '2.0.0' : '1.4.0';
    answer.writeHead(release === '2.0.0' ? status : 200, { [releaseHeader]: release }).end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const calls = openReleaseCalls({ edge: { url }, readSecret: async () => undefined, clock: systemClock });
  ends.push(() => calls.close());
  return calls;
}

const httpRoute = 'HTTPRoute.gateway.networking.k8s.io';
const requests = [{ name: 'list', path: '/v1/accounts', expect: { status: 200 } }];

test.each([
  [200, 'Promoted'],
  [500, 'Refused'],
] as const)(
  'the kit calls the candidate first by rules of its own, which go again: %d is %s',
  async (status, phase) => {
    const made = await world();
    await controller(made, { calls: await edgeOf(made, status) });
    let led = 0;
    made.store.watch(httpRoute, ({ object }) => {
      if (JSON.stringify(object.spec).includes(rolloutHeader)) led += 1;
    });
    made.start('accounts', { calls: { requests } });
    const end = await ended(made, phase);
    if (phase === 'Refused') expect(end?.message).toMatch(/gate smoke is shut: .*500/);
    expect(led).toBeGreaterThan(0);
    const edge = () => made.store.get<Route>(httpRoute, 'edge-accounts', namespace);
    await eventually('no rule left', 3000, edge, (route) => route?.spec.rules?.length === 1);
    expect(edge()?.metadata.annotations?.[addedAnnotation]).toBeUndefined();
  },
);

test('a rollout with calls is refused where nobody said how they get in', async () => {
  const made = await world();
  await controller(made);
  made.start('accounts', { calls: { requests } });
  expect((await ended(made, 'Refused'))?.message).toContain('--edge URL');
});
