import { expect, test } from 'vitest';
import type { Cluster, ClusterObject } from '../cluster.ts';
import { heldServices, isHeldRoute, requireNotInRollout, requireOwnWeights } from './held.ts';
import { analysing, ended, sampleRollout } from './sample.ts';

/** Lists what is given; nothing else is asked of it. */
function listing(...objects: readonly object[]): Pick<Cluster, 'list'> {
  return { list: async <T>() => objects as ClusterObject<T>[] };
}

const running = listing(sampleRollout(analysing));
const over = listing(sampleRollout(ended('RolledBack')));
const route = (kind: string, ...names: readonly string[]) => ({
  kind,
  spec: { rules: [{ backendRefs: names.map((name) => ({ name })) }] },
});

test('weights belong to a rollout while an attempt is at work, and no longer', async () => {
  await expect(requireOwnWeights(running, 'accounts')).rejects.toMatchObject({
    message: 'the weights of accounts belong to its rollout (attempt 2, 2.0.0)',
    hint: expect.stringContaining('parley rollout abort accounts'),
  });
  await expect(requireOwnWeights(running, 'orders')).resolves.toBeUndefined();
  await expect(requireOwnWeights(over, 'accounts')).resolves.toBeUndefined();
});

test('neither of its releases may go', async () => {
  await expect(requireNotInRollout(running, 'accounts', '1.4.0')).rejects.toThrow('is the stable release');
  await expect(requireNotInRollout(running, 'accounts', '2.0.0')).rejects.toThrow('is the candidate');
  await expect(requireNotInRollout(running, 'accounts', '1.3.0')).resolves.toBeUndefined();
});

test('routes with a release of it are left alone; no other object is', async () => {
  const held = await heldServices(running);
  expect(isHeldRoute(route('HTTPRoute', 'accounts-1-4-0'), held)).toBe(true);
  expect(isHeldRoute(route('GRPCRoute', 'x', 'accounts-2-0-0'), held)).toBe(true);
  expect(isHeldRoute(route('HTTPRoute', 'orders-1-4-0'), held)).toBe(false);
  expect(isHeldRoute({ kind: 'Deployment' }, held)).toBe(false);
  expect(isHeldRoute(route('HTTPRoute', 'accounts-1-4-0'), await heldServices(over))).toBe(false);
});
