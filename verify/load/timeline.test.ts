import { expect, test } from 'vitest';
import { failed, ok } from './outcome.ts';
import { Tally } from './report.ts';
import { recordCalls, takenBack } from './timeline.ts';

const call = (endedAtMs: number, outcome: 'ok' | 'failed', release?: string) => ({
  number: endedAtMs,
  startedAtMs: endedAtMs - 1,
  endedAtMs,
  outcome,
  ...(release ? { release } : {}),
});

test('a release is taken back when its last answer has ended', () => {
  const calls = [
    call(1, 'ok', 'old'),
    call(2, 'ok', 'new'),
    call(3, 'failed', 'new'),
    call(4, 'failed'),
    call(9, 'ok', 'new'),
    call(10, 'failed'),
    call(20, 'ok', 'old'),
  ];
  expect(takenBack(calls, 'new')).toEqual({ ms: 6, answers: 4, bad: 2 });
  expect(takenBack(calls, 'old')).toBeUndefined();
});

test('every request is noted with its time, one that throws too', async () => {
  let nowMs = 0;
  const clock = { now: () => nowMs, sleep: async () => {} };
  const { open, calls } = recordCalls(
    async () => ({
      call: async (number) => {
        nowMs += 5;
        if (number === 2) throw new Error('gone');
        return number === 1 ? ok('1.4.0') : failed('status 500', 'no', '2.0.0');
      },
      close: async () => {},
    }),
    clock,
  );
  const load = { kind: 'rest', rps: 1, connections: 1 } as const;
  const caller = await open(load, { url: 'http://127.0.0.1:1', token: async () => '' }, new Tally('rest', 1));
  for (const number of [1, 2, 3]) await caller.call(number, new AbortController().signal);
  expect(calls).toEqual([
    { number: 1, startedAtMs: 0, endedAtMs: 5, outcome: 'ok', release: '1.4.0' },
    { number: 2, startedAtMs: 5, endedAtMs: 10, outcome: 'failed' },
    { number: 3, startedAtMs: 10, endedAtMs: 15, outcome: 'failed', release: '2.0.0' },
  ]);
});
