import { expect, test } from 'vitest';
import { binomialBounds } from './binomial.ts';

test('bounds of a fair coin are symmetric and hold the mean', () => {
  const { low, high } = binomialBounds(400, 0.5);
  expect(low + high).toBe(400);
  expect(low).toBeGreaterThan(140);
  expect(low).toBeLessThan(160);
});

test('0 and 1 leave no room', () => {
  expect(binomialBounds(100, 0)).toEqual({ low: 0, high: 0 });
  expect(binomialBounds(100, 1)).toEqual({ low: 100, high: 100 });
});

test('ten percent of 400 excludes thirty percent', () => {
  const { low, high } = binomialBounds(400, 0.1);
  expect(low).toBeGreaterThan(8);
  expect(high).toBeLessThan(80);
});
