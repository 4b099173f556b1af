/** How often something bad happened in how many trials: failed requests, slow requests, gaps. */
export interface Trials {
  readonly samples: number;
  readonly bad: number;
}

export const noTrials: Trials = { samples: 0, bad: 0 };

export function addTrials(a: Trials, b: Trials): Trials {
  return { samples: a.samples + b.samples, bad: a.bad + b.bad };
}

/** The two shares that a test tells apart, 0..1. */
export interface Hypotheses {
  readonly good: number;
  readonly bad: number;
}

/** Logarithms of the likelihood ratio bad : good at which a test decides. */
export interface Bounds {
  readonly failAt: number;
  readonly passAt: number;
}

/** Wald's bounds (Sequential Tests of Statistical Hypotheses, 1945, 3.4) for the probabilities of both errors. */
export function boundsOf(falseAlarm: number, missed: number): Bounds {
  return { failAt: Math.log((1 - missed) / falseAlarm), passAt: Math.log(missed / (1 - falseAlarm)) };
}

/** What the trials add to the logarithm of the likelihood ratio bad : good. Their order does not matter. */
export function logRatio(hypotheses: Hypotheses, trials: Trials): number {
  const { good, bad } = proper(hypotheses);
  const badTrials = Math.min(trials.bad, trials.samples);
  return badTrials * Math.log(bad / good) + (trials.samples - badTrials) * Math.log((1 - bad) / (1 - good));
}

/** How many good trials bring a test from `log` to its pass bound. */
export function neededToPass(hypotheses: Hypotheses, log: number, passAt: number): number {
  return Math.max(0, Math.ceil((passAt - log) / logRatio(hypotheses, { samples: 1, bad: 0 }) - 1e-9));
}

/** Shares of exactly 0 or 1 would let a single trial decide for ever. */
const leastShare = 1e-6;

function proper({ good, bad }: Hypotheses): Hypotheses {
  const within = (share: number): number => Math.min(1 - leastShare, Math.max(leastShare, share));
  return { good: within(good), bad: within(bad) };
}
