/**
 * The share at which a sequential probability ratio test between `good` and `bad` leans neither way: more failures speak for bad, fewer for
 * good (Wald 1945). An engine that has one threshold for a measured share takes this one.
 */
export function neutralShare(good: number, bad: number): number {
  const perSuccess = Math.log((1 - good) / (1 - bad));
  return perSuccess / (Math.log(bad / good) + perSuccess);
}

/** To four digits: a threshold is read by people. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
