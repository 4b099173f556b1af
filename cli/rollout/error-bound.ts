import { freshShareTest, judgeShare, type ShareRules, type ShareTest } from '../../rollout/core/share-test.ts';

export interface BoundRequest {
  /** Share of the candidate's requests that fail, 0..1. */
  readonly failing: number;
  /** Share of the requests that the candidate gets, 0..1. */
  readonly weight: number;
  readonly rules: Pick<ShareRules, 'hypotheses' | 'decision'>;
}

const runs = 4000;
const quantile = 0.999;
const mostRequests = 100_000;

/**
 * Requests of a candidate that the engine's own test needs before it condemns it, in 999 of 1000 rollouts: so many callers may have seen an
 * error at most, whatever the rate is. Found by simulation with a fixed seed. Pure.
 */
export function errorBound(request: BoundRequest): number {
  const random = seeded(20_261_121);
  const needed = Array.from({ length: runs }, () => requestsNeeded(request, random)).sort((a, b) => a - b);
  return needed[Math.ceil(runs * quantile) - 1] ?? mostRequests;
}

function requestsNeeded({ failing, weight, rules }: BoundRequest, random: () => number): number {
  let test: ShareTest = freshShareTest(0);
  const stablePerRequest = (1 - weight) / weight;
  for (let count = 1; count <= mostRequests; count++) {
    const seen = {
      stable: { samples: stablePerRequest, bad: 0 },
      candidate: { samples: 1, bad: random() < failing ? 1 : 0 },
    };
    const judged = judgeShare(test, seen, { ...rules, alone: false, nowMs: 0 });
    if (judged.finding === 'worse') return count;
    test = judged.test;
  }
  return mostRequests;
}

/** Mulberry32: numbers in 0..1, the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
