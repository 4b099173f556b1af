import { expect, test } from 'vitest';
import { neutralShare, rounded } from './threshold.ts';

/** Logarithm of the likelihood ratio bad : good after so many requests. */
function leaning(failed: number, requests: number, good: number, bad: number): number {
  return failed * Math.log(bad / good) + (requests - failed) * Math.log((1 - bad) / (1 - good));
}

test.each([
  [0.001, 0.05],
  [0.005, 0.02],
  [0.05, 0.2],
])('between %d and %d the evidence leans to neither side at the threshold', (good, bad) => {
  const share = neutralShare(good, bad);
  expect(share).toBeGreaterThan(good);
  expect(share).toBeLessThan(bad);
  expect(leaning(share * 1000, 1000, good, bad)).toBeCloseTo(0, 9);
  expect(leaning(share * 1000 + 1, 1000, good, bad)).toBeGreaterThan(0);
  expect(leaning(share * 1000 - 1, 1000, good, bad)).toBeLessThan(0);
});

test('a threshold has four digits', () => {
  expect(rounded(1.269876)).toBe(1.27);
  expect(rounded(0.00123456)).toBe(0.001235);
});
