import { expect, test } from 'vitest';
import { exchangeStatus, podHoles } from './exchange-status.ts';

const pod = (name: string, status: string, message?: string) => ({
  metadata: { name },
  status: { conditions: [{ type: 'parley.dev/Isolated', status, ...(message ? { message } : {}) }] },
});

test('Pods that are not isolated are named with their holes, in the order of their names', () => {
  const holes = podHoles([
    pod('b', 'False', 'two'),
    pod('ok', 'True'),
    { metadata: { name: 'elsewhere' } },
    pod('a', 'False', 'one'),
  ]);
  expect(holes).toEqual([
    { pod: 'a', reason: 'one' },
    { pod: 'b', reason: 'two' },
  ]);
  expect(exchangeStatus({ name: 'embedded', running: true }, [], holes)).toMatchObject({ notIsolated: holes });
});
