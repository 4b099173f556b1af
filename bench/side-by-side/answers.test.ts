import { expect, test } from 'vitest';
import { answersIn, roundOf } from './answers.ts';

const line = (at: number, release: string, ok: number, failed = 0) =>
  `${JSON.stringify({ at, release, ok, failed })}\n`;

test('a candidate that is taken back: how long it answered, and what it cost', () => {
  const log = [
    line(900, '1', 10),
    line(1000, '1', 9),
    line(1000, '2', 0, 1),
    line(1400, '2', 1, 2),
    line(1500, '1', 10),
  ];
  expect(roundOf(answersIn(log.join('')), '2', 1000)).toEqual({
    exposedMs: 400,
    candidateAnswers: 4,
    sent: 23,
    failed: 3,
  });
});

test('a candidate that takes over: when the last other answer came; a line that is cut off does not count', () => {
  const log = `${line(1000, '2', 1)}${line(1900, '1', 5)}${line(2000, '2', 9)}{"at":2100,"rel`;
  expect(roundOf(answersIn(log), '2', 0)).toMatchObject({ takenOverMs: 900, exposedMs: 1000, failed: 0 });
});

test('a candidate that never answered is no measurement', () => {
  expect(() => roundOf(answersIn(line(1, '1', 1)), '2', 0)).toThrow('2 never answered');
});
