import { expect, test } from 'vitest';
import type { Cluster, ClusterObject } from '../cluster.ts';
import { takeBackRollouts } from './take-back-rollouts.ts';

/** An API server with Rollouts that have a finalizer; a controller, if there is one, lets each go at the next look. */
function apiServer(names: readonly string[], controller: boolean) {
  const kept = new Map(names.map((name) => [name, { deleted: false }]));
  const log: string[] = [];
  const cluster: Pick<Cluster, 'list' | 'remove' | 'merge'> = {
    list: async <T>() => {
      const listed = [...kept.keys()].map((name) => ({ metadata: { name } }));
      if (controller) for (const [name, { deleted }] of kept) if (deleted) kept.delete(name);
      return listed as ClusterObject<T>[];
    },
    remove: async ({ metadata: { name } }) => {
      log.push(`delete ${name}`);
      return Boolean(kept.get(name) && kept.set(name, { deleted: true }));
    },
    merge: async <T>(patch: { metadata: { name: string } }) => {
      log.push(`patch ${JSON.stringify(patch.metadata)}`);
      kept.delete(patch.metadata.name);
      return {} as ClusterObject<T>;
    },
  };
  return { cluster, log, kept };
}

function tickedSite() {
  let nowMs = 0;
  const sleep = async (ms: number) => {
    nowMs += ms;
  };
  return { clock: { now: () => nowMs, sleep }, signal: new AbortController().signal, elapsedMs: () => nowMs };
}

test('a controller that lives takes them back and lets them go', async () => {
  const { cluster, log, kept } = apiServer(['accounts', 'orders'], true);
  await takeBackRollouts(cluster, tickedSite());
  expect(log).toEqual(['delete accounts', 'delete orders']);
  expect([...kept.keys()]).toEqual([]);
});

test('without one they are let go after half a minute, so that nothing hangs', async () => {
  const { cluster, log, kept } = apiServer(['accounts'], false);
  const site = tickedSite();
  await takeBackRollouts(cluster, site);
  expect(log).toEqual(['delete accounts', 'patch {"name":"accounts","namespace":"exchange","finalizers":null}']);
  expect(site.elapsedMs()).toBeGreaterThanOrEqual(30_000);
  expect([...kept.keys()]).toEqual([]);
});

test('where there are none, nothing is waited for', async () => {
  const site = tickedSite();
  await takeBackRollouts(apiServer([], false).cluster, site);
  expect(site.elapsedMs()).toBe(0);
});
