import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Route } from '../../rollout/controller/objects.ts';
import { addedAnnotation } from '../../rollout/controller/route-rules.ts';
import { namespace, routeTo, type TestWorld, testWorld } from '../../rollout/controller/test-world.ts';
import { eventually } from '../eventually.ts';
import { type ControllerProcess, countingCallers, startController } from './controller-process.ts';
import { killProxy, type Trap } from './kill-proxy.ts';

const routeType = 'HTTPRoute.gateway.networking.k8s.io';
/** A rollout has fewer writes than this; a series that gets here does not end by itself. */
const mostWrites = 80;

let world: TestWorld;
let proxy: Awaited<ReturnType<typeof killProxy>>;
let callers: Awaited<ReturnType<typeof countingCallers>>;
let dir: string;
let running: ControllerProcess | undefined;
const failing = new Set<string>();
/** Weights that a release without ready Pods had, ever. */
const unreadyWeights: string[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'killed-'));
  world = await testWorld();
  proxy = await killProxy(world);
  callers = await countingCallers(world, 20_000, failing);
  world.store.watch<Route>(routeType, ({ object }) => {
    for (const { name, weight = 1 } of object.spec.rules?.at(-1)?.backendRefs ?? []) {
      const deployment = world.store.get<{ status?: { readyReplicas?: number } }>('Deployment.apps', name, namespace);
      const isCandidate = name.endsWith('-2-0-0');
      if (isCandidate && weight > 0 && !deployment?.status?.readyReplicas) unreadyWeights.push(`${name}: ${weight}`);
    }
  });
  // A candidate gets ready only when somebody waits for it.
  world.store.watch<{ status?: { phase?: string; candidate?: string } }>('Rollout.parley.dev', ({ object }) => {
    const { phase, candidate } = object.status ?? {};
    const name = `${object.metadata.name}-${candidate?.replaceAll('.', '-')}`;
    if (phase === 'Gating') setImmediate(() => world.setReady(name, true));
  });
});
afterAll(async () => {
  await running?.kill();
  await callers.close();
  await proxy.close();
  await world.close();
  rmSync(dir, { recursive: true });
});

const start = () => startController({ dir, api: proxy.url, totals: callers.url, identity: 'one' });

/** One rollout whose controller is killed once; false: it was over before the trap. */
async function killedAt(service: string, when: Trap['when'], at: number, end: 'Promoted' | 'RolledBack') {
  world.deploy(service, '1.4.0');
  world.setReady(`${service}-2-0-0`, false);
  world.deploy(service, '2.0.0');
  world.route(routeTo(service, '1.4.0'));
  await eventually(
    'stable is ready',
    5000,
    () =>
      world.store.get<{ status?: { readyReplicas?: number } }>('Deployment.apps', `${service}-1-4-0`, namespace)?.status
        ?.readyReplicas,
    (n) => n === 2,
  );
  running ??= start();
  const spring = async () => {
    await running?.kill();
    running = start();
  };
  proxy.set({ at, when, spring });
  const from = proxy.changes.length;
  world.start(service, { strategy: { canary: { steps: [{ weight: 50 }] } } });
  await eventually(
    `${service}: killed ${when} write ${at}, then ${end}, with nothing left`,
    20_000,
    () => {
      const rollout = world.read(service);
      const route = world.store.get<Route>(routeType, service, namespace);
      const { phase, attempt, message } = rollout?.status ?? {};
      return {
        phase,
        attempt,
        message,
        finalizers: rollout?.metadata.finalizers ?? [],
        weights: world.weights(service),
        rules: route?.spec.rules?.length,
        annotation: route?.metadata.annotations?.[addedAnnotation],
        log: running?.lines.slice(-3),
      };
    },
    ({ phase, attempt, finalizers, weights, rules, annotation }) =>
      phase === end &&
      attempt === 1 &&
      finalizers.length === 0 &&
      weights[`${service}-2-0-0`] === (end === 'Promoted' ? 100 : 0) &&
      weights[`${service}-1-4-0`] === (end === 'Promoted' ? 0 : 100) &&
      rules === 1 &&
      annotation === undefined,
  );
  return { wasKilled: proxy.set(undefined), writes: proxy.changes.slice(from) };
}

test.each([
  ['good', 'before', 'Promoted'],
  ['good', 'after', 'Promoted'],
  ['bad', 'before', 'RolledBack'],
  ['bad', 'after', 'RolledBack'],
] as const)('a %s rollout goes to its end, killed %s any of its writes', async (kind, when, end) => {
  let at = 1;
  let last: readonly string[] = [];
  for (; at <= mostWrites; at += 1) {
    const service = `${kind}${when}${at}`;
    if (kind === 'bad') failing.add(`${service}-2-0-0`);
    const { wasKilled, writes } = await killedAt(service, when, at, end);
    last = writes;
    if (!wasKilled) break;
  }
  expect(at, `the last one wrote ${last.join(', ')}`).toBeGreaterThan(6);
  expect(at).toBeLessThanOrEqual(mostWrites);
  expect(unreadyWeights).toEqual([]);
  process.stdout.write(`killed ${when} each of ${at - 1} writes of a ${kind} rollout\n`);
});

test('ended as a cluster ends it, it leaves a Lease that nobody holds', async () => {
  await killedAt('ending', 'before', mostWrites, 'Promoted');
  expect(await running?.end()).toBe(0);
  const lease = world.store.get<{ spec: { holderIdentity?: string } }>(
    'Lease.coordination.k8s.io',
    'parley-rollouts',
    namespace,
  );
  expect(lease?.spec.holderIdentity).toBeUndefined();
  running = undefined;
});

test('the one that only watches writes nothing, and goes on when the one that leads is killed', async () => {
  const [first, second] = [await killProxy(world), await killProxy(world)];
  const options = { dir, totals: callers.url, leaseSeconds: 2 };
  const leader = startController({ ...options, api: first.url, identity: 'first' });
  const steps = [{ weight: 10, minDuration: '2s' }, { weight: 50 }];
  world.deploy('two', '1.4.0');
  world.deploy('two', '2.0.0');
  world.route(routeTo('two', '1.4.0'));
  world.start('two', { strategy: { canary: { steps } } });
  const other = startController({ ...options, api: second.url, identity: 'second' });
  try {
    const weight = () => world.weights('two')['two-2-0-0'];
    await eventually('10 %', 20_000, weight, (share) => share === 10);
    const byFirst = first.changes.some((change) => change.includes('httproutes'));
    const [leading, watching] = byFirst ? [leader, second] : [other, first];
    expect(watching.changes.filter((change) => !change.includes('/leases'))).toEqual([]);
    await leading.kill();
    await eventually(
      'promoted',
      20_000,
      () => world.read('two')?.status,
      (status) => status?.phase === 'Promoted',
    );
    expect(world.read('two')?.status?.history).toHaveLength(1);
    expect(watching.changes.some((change) => change.includes('httproutes'))).toBe(true);
  } finally {
    await Promise.all([leader.kill(), other.kill()]);
    await Promise.all([first.close(), second.close()]);
  }
});
