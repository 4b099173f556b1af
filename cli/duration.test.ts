import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

test('parses units and their sums', () => {
  expect(['500ms', '30s', '1.5s', '1m30s', '2h'].map((text) => parseDuration(text, '--timeout'))).toEqual([
    500, 30_000, 1500, 90_000, 7_200_000,
  ]);
});

test('anything else is a usage failure that names the option', () => {
  for (const text of ['', '5', 's', '5 s', '1x', '-1s']) {
    expect(() => parseDuration(text, '--timeout')).toThrow(`--timeout ${text}: not a duration.`);
  }
});

test('is short for people', () => {
  expect([0, 1240, 9960, 61_000].map(formatDuration)).toEqual(['0.0 s', '1.2 s', '10 s', '1 m 1 s']);
});
