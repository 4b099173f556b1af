import { expect, it } from 'vitest';
import { addHistograms, boundAt, countAbove, quantileMs, totalOf } from './histogram.ts';

const histogram = { boundsMs: [10, 50, 100], counts: [5, 3, 1, 1] };

it('counts what took longer than the bound above the limit', () => {
  expect(boundAt(histogram, 11)).toBe(50);
  expect(boundAt(histogram, 50)).toBe(50);
  expect(boundAt(histogram, 101)).toBeUndefined();
  expect(countAbove(histogram, 50)).toBe(2);
  expect(countAbove(histogram, 100)).toBe(1);
});

it('finds a quantile within its bucket, and none that is beyond the last bound', () => {
  expect(quantileMs(histogram, 0.5)).toBe(10);
  expect(quantileMs(histogram, 0.65)).toBeCloseTo(30);
  expect(quantileMs(histogram, 0.99)).toBe(Number.POSITIVE_INFINITY);
  expect(quantileMs(undefined, 0.5)).toBeUndefined();
});

it('adds histograms, on the bounds that both have', () => {
  expect(addHistograms(histogram, undefined)).toBe(histogram);
  expect(addHistograms(histogram, histogram)?.counts).toEqual([10, 6, 2, 2]);
  const coarse = addHistograms(histogram, { boundsMs: [50, 500], counts: [1, 2, 3] });
  expect(coarse).toEqual({ boundsMs: [50], counts: [9, 7] });
  expect(totalOf(coarse)).toBe(16);
});
