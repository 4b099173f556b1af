import { expect, test } from 'vitest';
import { tenth } from './release.ts';

test.each([
  [{ '1.4.0': 100, '2.0.0': 0 }, '1.4.0=90 2.0.0=10'],
  [{ '1.4.0': 1, '1.5.0': 2, '2.0.0': 0 }, '1.4.0=30 1.5.0=60 2.0.0=10'],
  [{ '1.4.0': 1, '1.5.0': 6, '2.0.0': 0 }, '1.4.0=9 1.5.0=54 2.0.0=7'],
])('a tenth of %o for 2.0.0 is %s', (weights, words) => {
  expect(tenth(weights, '2.0.0')).toBe(words);
});
