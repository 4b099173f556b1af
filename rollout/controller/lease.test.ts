import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, test } from 'vitest';
import { openKubeRest } from '../../kube/rest.ts';
import { kubeconfig, testServer } from '../../local/api/test-server.ts';
import { createTestClock, eventually, type TestClock } from '../../local/test-clock.ts';
import { campaign } from './lease.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function world() {
  const server = await testServer();
  ends.push(() => server.close());
  server.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'exchange' } });
  const config = new KubeConfig();
  config.loadFromString(kubeconfig(server.url, server.authority.cert, server.admin));
  const start = async (identity: string, clock: TestClock, namespace = 'exchange') => {
    const rest = await openKubeRest(config);
    ends.push(() => rest.close());
    const problems: string[] = [];
    const election = campaign({
      rest,
      clock,
      identity,
      namespace,
      name: 'parley-rollouts',
      durationMs: 15_000,
      onChange: () => undefined,
      onProblem: (message) => problems.push(message),
    });
    ends.push(() => election.stop());
    return { ...election, problems };
  };
  const lease = () =>
    server.store.get<{ spec: { holderIdentity: string; renewTime: string; leaseTransitions: number } }>(
      'Lease.coordination.k8s.io',
      'parley-rollouts',
      'exchange',
    );
  return { start, lease, server };
}

/** Lets a clock run until something holds. */
const running = (clock: TestClock, what: string, holds: () => boolean) =>
  eventually(what, () => {
    clock.advance(100);
    return holds();
  });

test('one leads; it renews; the other takes over only when no change was seen for the whole duration', async () => {
  const { start, lease } = await world();
  const [clock, otherClock] = [createTestClock(), createTestClock(Date.UTC(2001, 0, 1))];
  const a = await start('a', clock);
  await eventually('a leads', a.leads);
  const b = await start('b', otherClock);
  const first = lease()?.spec.renewTime;
  await running(clock, 'renewed', () => lease()?.spec.renewTime !== first);
  const renewed = lease()?.metadata.resourceVersion;
  otherClock.advance(14_000);
  expect([a.leads(), b.leads()]).toEqual([true, false]);
  await running(otherClock, 'b leads', b.leads);
  expect(lease()?.metadata.resourceVersion).not.toBe(renewed);
  expect(lease()?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  // a has not heard of it, and yet stops in time by its own clock.
  clock.advance(10_000);
  expect(a.leads()).toBe(false);
});

test('given back, it is there for the next one at once, and nobody holds it in the end', async () => {
  const { start, lease } = await world();
  const clock = createTestClock();
  const a = await start('a', clock);
  await eventually('a leads', a.leads);
  await a.stop();
  expect(lease()?.spec.holderIdentity).toBeUndefined();
  const b = await start('b', clock);
  await eventually('b leads', b.leads);
  await b.stop();
  expect(lease()?.spec.holderIdentity).toBeUndefined();
});

test('a namespace that is not there is said, and led in as soon as it is', async () => {
  const { start, server } = await world();
  const clock = createTestClock();
  const a = await start('a', clock, 'later');
  await eventually('a problem', () => a.problems.some((text) => text.includes('Lease later/parley-rollouts')));
  expect(a.leads()).toBe(false);
  server.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'later' } });
  await running(clock, 'a leads', a.leads);
});

test('one that has the name of the holder goes on at once', async () => {
  const { start, lease } = await world();
  const a = await start('same', createTestClock());
  await eventually('leads', a.leads);
  const again = await start('same', createTestClock());
  await eventually('leads as well', again.leads);
  expect(lease()?.spec.leaseTransitions).toBe(0);
});
