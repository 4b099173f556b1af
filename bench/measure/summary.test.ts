import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, quantile, ratioOf, summarize } from './summary.ts';

test('a quantile is a value of the sample, by nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(quantile(values, 0.5)).toBe(50);
  expect(quantile(values, 0.99)).toBe(99);
  expect(quantile(values, 1)).toBe(100);
  expect(quantile([7], 0.01)).toBe(7);
});

test('nothing measured is no figure', () => {
  expect(() => quantile([], 0.5)).toThrow(RangeError);
  expect(() => median([])).toThrow(RangeError);
  expect(() => summarize([])).toThrow(RangeError);
  expect(() => summarize([1, Number.NaN])).toThrow('a round measured NaN');
});

test('the median of an even count lies between the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 5])).toBe(5);
});

test('a summary holds its rounds between low and high', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (rounds) => {
      const summary = summarize(rounds);
      expect(summary.low).toBeLessThanOrEqual(summary.median);
      expect(summary.high).toBeGreaterThanOrEqual(summary.median);
    }),
  );
});

test('ratios are taken round by round, so that a slow round cancels out', () => {
  expect(ratioOf([2, 20, 2], [1, 10, 1])).toEqual({ median: 2, low: 2, high: 2, rounds: [2, 2, 2] });
});

test('no ratio when the reference cannot be told from zero in half of the rounds', () => {
  expect(ratioOf([2, 2, 2], [1, 1, -0.1])?.rounds).toEqual([2, 2]);
  expect(ratioOf([2, 2], [1, 0])).toBeUndefined();
});

test('rounds must pair up', () => {
  expect(() => ratioOf([1], [1, 2])).toThrow('1 rounds against 2');
});
