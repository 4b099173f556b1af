import { expect, test } from 'vitest';
import type { RolloutStatus } from '../../rollout/resource/rollout.ts';
import type { Cluster, ClusterObject } from '../cluster.ts';
import { requireIdleRollouts } from './idle-rollouts.ts';

const holding = (phase: RolloutStatus['phase']): Pick<Cluster, 'list'> => ({
  list: async <T>() => {
    const status = { phase, attempt: 2, candidate: '2.0.0', stable: '1.4.0' };
    const rollout: ClusterObject = {
      metadata: { name: 'accounts' },
      spec: { service: 'accounts', candidate: '2.0.0' },
      status,
    };
    return [rollout as ClusterObject<T>];
  },
});
const made = { state: () => 'made' as const };
const ofOthers = { state: () => undefined };

test('the controller does not go while an attempt is at work', async () => {
  await expect(requireIdleRollouts(holding('Analysing'), { rollouts: false }, made)).rejects.toMatchObject({
    code: 'RolloutRuns',
    hint: expect.stringContaining('parley rollout abort accounts'),
  });
});

test.each([
  ['it stays', 'Analysing', true, made],
  ['every attempt has ended', 'Promoted', false, made],
  ['it is another state folder’s', 'Analysing', false, ofOthers],
] as const)('nothing is refused when %s', async (_, phase, rollouts, ledger) => {
  await expect(requireIdleRollouts(holding(phase), { rollouts }, ledger)).resolves.toBeUndefined();
});
