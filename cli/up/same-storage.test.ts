import { expect, test } from 'vitest';
import type { Cluster } from '../cluster.ts';
import { requireSameStorage } from './same-storage.ts';

const running = (spec: object | undefined): Pick<Cluster, 'read'> => ({
  read: async <T>() => (spec === undefined ? undefined : ({ spec } as T)),
});

test.each([
  ['nothing', undefined, 'claim', true],
  ['a claim', { volumeClaimTemplates: [{}] }, 'claim', true],
  ['a claim', { volumeClaimTemplates: [{}] }, 'ephemeral', false],
  ['no claim', {}, 'ephemeral', true],
  ['no claim', {}, 'claim', false],
] as const)('%s runs (%j) and %s is wanted: goes %s', async (_, spec, wanted, goes) => {
  const done = requireSameStorage(running(spec), wanted);
  if (goes) await done;
  else await expect(done).rejects.toMatchObject({ code: 'OtherStorage', hint: expect.stringContaining('parley down') });
});
