/** Shares are 0..1 everywhere in the core; the resource writes them as percent. */

/** What is wanted of the candidate, parsed and with every default filled in. */
export type Check = ErrorRateCheck | LatencyCheck | CounterCheck | GaugeCheck;

interface Named {
  readonly name: string;
}

/** Share of requests that fail. Judged by a sequential probability ratio test (Wald 1945) between `good` and `bad`. */
export interface ErrorRateCheck extends Named {
  readonly kind: 'errorRate';
  readonly good: number;
  readonly bad: number;
}

/**
 * Share of requests slower than a limit: at most `1 - quantile` is good, `bad` is bad. Without `limitMs` the limit is `ratio` times
 * the quantile of the stable release, measured at the same time.
 */
export interface LatencyCheck extends Named {
  readonly kind: 'latency';
  readonly quantile: number;
  readonly limitMs?: number;
  readonly ratio: number;
  readonly bad: number;
}

/** Share of occasions with an event: gaps per message, dead letters per delivery, wrong bodies per checked answer. */
export interface CounterCheck extends Named {
  readonly kind: 'counter';
  readonly counter: string;
  readonly good: number;
  readonly bad: number;
}

/** A value that must not stay above the limit for longer than `forMs`. */
export interface GaugeCheck extends Named {
  readonly kind: 'gauge';
  readonly gauge: string;
  readonly limit: number;
  readonly forMs: number;
}

/** The counter of answers to the kit's own calls that are not as expected; its occasions are the checked calls. */
export const bodyCounter = 'body';

export type VerdictName = 'pass' | 'fail' | 'inconclusive';

/** What a check says so far, with the numbers behind it. JSON: it is stored in the status as it is. */
export interface CheckVerdict {
  readonly name: string;
  readonly kind: Check['kind'];
  readonly verdict: VerdictName;
  /** One sentence for people: `6 of 80 requests failed; 5 % or more is bad`. */
  readonly reason: string;
  /** Measured on the candidate: a share, or milliseconds of the quantile for latency, or the gauge. Absent: nothing was seen. */
  readonly value?: number;
  /** The limit that it is held against, in the same unit. */
  readonly limit?: number;
  readonly samples: number;
  readonly stableValue?: number;
  readonly stableSamples: number;
  /** Logarithm of the likelihood ratio bad : good, and the bounds at which it decides. */
  readonly ratio?: { readonly log: number; readonly failAt: number; readonly passAt: number };
  /** How many more good samples of the candidate would be enough to pass. Absent: decided, or it cannot be said. */
  readonly neededToPass?: number;
  /** The stable release fails as well: nothing is held against the candidate meanwhile. */
  readonly excused?: true;
  /** Epoch milliseconds at which the evidence sufficed. */
  readonly decidedAtMs?: number;
}
