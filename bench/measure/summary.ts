/** What several rounds of one figure come to: the median, and the lowest and highest round as its spread. */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: readonly number[];
}

/** Nearest-rank quantile, 0 < q <= 1, of values in any order (https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method). Throws RangeError on none. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('a quantile of no values');
  return value;
}

/** The middle value; the mean of the two middle ones when the count is even. Throws RangeError on none. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('a median of no values');
  return (lower + upper) / 2;
}

/** Throws RangeError on no rounds or on one that is not a finite number: a figure that was not measured is not a figure. */
export function summarize(rounds: readonly number[]): Summary {
  const odd = rounds.find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new RangeError(`a round measured ${odd}`);
  return { median: median(rounds), low: Math.min(...rounds), high: Math.max(...rounds), rounds };
}

/** Measured / reference, round by round: what both sides had to suffer in one round cancels out. Undefined when no more than half of the rounds have a reference above zero. */
export function ratioOf(measured: readonly number[], reference: readonly number[]): Summary | undefined {
  if (measured.length !== reference.length) {
    throw new RangeError(`${measured.length} rounds against ${reference.length}`);
  }
  const ratios = measured.flatMap((value, round) => {
    const against = reference[round] ?? 0;
    return against > 0 ? [value / against] : [];
  });
  return ratios.length * 2 > measured.length ? summarize(ratios) : undefined;
}
