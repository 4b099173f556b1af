import { expect, test } from 'vitest';
import { interleave, order } from './interleave.ts';

test('every round measures each subject once, and starts with another one', async () => {
  const seen: string[] = [];
  const subjects = ['a', 'b', 'c'].map((name) => ({
    name,
    measure: async (round: number) => {
      seen.push(`${round}${name}`);
      return round;
    },
  }));
  const results = await interleave(subjects, 3, new AbortController().signal);
  expect(seen).toEqual(['0a', '0b', '0c', '1b', '1c', '1a', '2c', '2a', '2b']);
  expect([...results]).toEqual([
    ['a', [0, 1, 2]],
    ['b', [0, 1, 2]],
    ['c', [0, 1, 2]],
  ]);
});

test('no subjects, no order', () => {
  expect(order([], 4)).toEqual([]);
});

test('an abort ends it before the next subject', async () => {
  const stop = new AbortController();
  const subject = { name: 'a', measure: async () => stop.abort(new Error('enough')) };
  await expect(interleave([subject, subject], 2, stop.signal)).rejects.toThrow('enough');
});
