import type { Histogram } from './evidence.ts';

/** Both together. Where their bounds differ, only the bounds that both have are kept: there the counts are exact. */
export function addHistograms(a: Histogram | undefined, b: Histogram | undefined): Histogram | undefined {
  if (!a || !b) return a ?? b;
  const boundsMs = a.boundsMs.filter((bound) => b.boundsMs.includes(bound));
  const [left, right] = [onBounds(a, boundsMs), onBounds(b, boundsMs)];
  return { boundsMs, counts: left.map((count, index) => count + (right[index] ?? 0)) };
}

/** How many it has counted; 0 where there is none. */
export function totalOf(histogram: Histogram | undefined): number {
  return histogram ? histogram.counts.reduce((sum, count) => sum + count, 0) : 0;
}

/** The smallest bound that is not below the limit. Undefined: the histogram cannot tell so far up. */
export function boundAt(histogram: Histogram, limitMs: number): number | undefined {
  return histogram.boundsMs.find((bound) => bound >= limitMs);
}

/** How many took longer than the limit, which is rounded up to the next bound. */
export function countAbove(histogram: Histogram, limitMs: number): number {
  return histogram.counts.reduce(
    (sum, count, index) => sum + ((histogram.boundsMs[index - 1] ?? -1) >= limitMs ? count : 0),
    0,
  );
}

/** Milliseconds within which this share (0..1) ended, by a straight line within its bucket; infinite above the last bound. Undefined: empty. */
export function quantileMs(histogram: Histogram | undefined, share: number): number | undefined {
  const total = totalOf(histogram);
  if (!histogram || total === 0) return undefined;
  let below = 0;
  for (const [index, count] of histogram.counts.entries()) {
    const wanted = share * total - below;
    if (count > 0 && wanted <= count) {
      const [from, to] = [histogram.boundsMs[index - 1] ?? 0, histogram.boundsMs[index]];
      return to === undefined ? Number.POSITIVE_INFINITY : from + (to - from) * (wanted / count);
    }
    below += count;
  }
  return Number.POSITIVE_INFINITY;
}

function onBounds(histogram: Histogram, boundsMs: readonly number[]): readonly number[] {
  if (boundsMs.length === histogram.boundsMs.length) return histogram.counts;
  const counts = new Array<number>(boundsMs.length + 1).fill(0);
  for (const [index, count] of histogram.counts.entries()) {
    const upper = histogram.boundsMs[index];
    const place = upper === undefined ? -1 : boundsMs.findIndex((bound) => bound >= upper);
    const at = place === -1 ? boundsMs.length : place;
    counts[at] = (counts[at] ?? 0) + count;
  }
  return counts;
}
