import type { LatencyCheck } from './check.ts';
import type { SideBySide } from './comparison.ts';
import type { Counts, Histogram } from './evidence.ts';
import { boundAt, countAbove, quantileMs, totalOf } from './histogram.ts';
import type { Trials } from './sequential-test.ts';
import { type Judged, judgeShareCheck, type Look, percent, type ShareMemory, undecided } from './share-check.ts';

/** What counts as slow. */
export interface LatencyLimit {
  /** As it was asked for, or measured. */
  readonly askedMs: number;
  /** The bound of the histogram that it is judged at. */
  readonly boundMs: number;
  /** Where the limit comes from, for people; absent: somebody asked for it. */
  readonly basis?: string;
  /** Share of slow requests that is good: `1 - quantile`, or what the stable release has if that is more. */
  readonly good: number;
}

export interface LatencyMemory {
  readonly kind: 'latency';
  /** Of this stage, once it is known; it stays the same for the stage. */
  readonly limit?: LatencyLimit;
  /** The last one of the stages before, for a stage at which the stable release has no requests. */
  readonly earlier?: LatencyLimit;
  readonly share?: ShareMemory;
}

/** So many requests of the stable release are needed before its quantile is a limit for the candidate. */
const leastStableSamples = 100;

/** Limits that are measured are not set below this: under it, code that is not warm yet and garbage collection are all that is seen. */
const leastLimitMs = 50;

/** A limit that was measured while both releases had traffic is widened where one has all of it: the load that it carries is another. */
const aloneRatio = 2;

/** What the next stage needs of this one. */
export function handOnLatency(memory: LatencyMemory): LatencyMemory {
  const earlier = memory.limit ?? memory.earlier;
  return { kind: 'latency', ...(earlier && { earlier }) };
}

/** Whether the stable release has to be measured before it loses its last request. */
export function wantsBaseline(
  check: LatencyCheck,
  memory: LatencyMemory | undefined,
  stable: Counts | undefined,
): boolean {
  const known = check.limitMs !== undefined || memory?.limit !== undefined || memory?.earlier !== undefined;
  return !known && totalOf(stable?.latency) < leastStableSamples;
}

/** A share of requests over a limit; without one of its own the limit follows from the stable release's quantile. */
export function judgeLatency(
  check: LatencyCheck,
  before: LatencyMemory | undefined,
  look: Look,
): Judged<LatencyMemory> {
  const memory = before ?? { kind: 'latency' };
  if (totalOf(look.total.candidate.latency) === 0) {
    return { memory, verdict: undecided(check, 'no latency of the candidate was seen') };
  }
  const limit = memory.limit ?? limitOf(check, memory, look);
  if (typeof limit === 'string') return { memory, verdict: undecided(check, limit) };
  const seen = memory.limit ? look.seen : look.total;
  const { memory: share, verdict } = judgeShareCheck(
    check,
    { good: limit.good, bad: check.bad },
    { memory: memory.share, seen: slowOnes(seen, limit), look, words: wordsOf(limit), clustered: true },
  );
  const value = finite(quantileMs(look.total.candidate.latency, check.quantile));
  const stableValue = finite(quantileMs(look.total.stable.latency, check.quantile));
  return {
    memory: { ...memory, limit, share },
    verdict: { ...verdict, limit: limit.boundMs, value, stableValue },
  };
}

/** The limit, or why there is none yet. */
function limitOf(check: LatencyCheck, memory: LatencyMemory, { total, alone }: Look): LatencyLimit | string {
  const stable = total.stable.latency;
  const measurable = totalOf(stable) >= leastStableSamples;
  const histogram = stable ?? total.candidate.latency;
  if (!histogram) return 'no latency was seen';
  if (check.limitMs !== undefined) {
    if (!measurable && !alone)
      return `${totalOf(stable)} of ${leastStableSamples} requests of the stable release to compare with`;
    return limitAt(check, check.limitMs, histogram, measurable ? stable : undefined);
  }
  const quantile = quantileMs(stable, check.quantile);
  if (measurable && quantile !== undefined) {
    const askedMs = Math.max(leastLimitMs, quantile * check.ratio);
    const limit = limitAt(check, askedMs, histogram, stable);
    const basis =
      askedMs > leastLimitMs
        ? `the limit is ${percent(check.ratio)} of the ${rounded(quantile)} of the stable release`
        : `limits that are measured are not below ${rounded(leastLimitMs)}`;
    return typeof limit === 'string' ? limit : { ...limit, basis };
  }
  if (alone && memory.earlier) {
    const { askedMs, good } = memory.earlier;
    const boundMs = boundAt(histogram, askedMs * aloneRatio);
    const basis = `the limit is twice the ${rounded(askedMs)} of the stage before, because nobody is left to compare with`;
    if (boundMs !== undefined) return { askedMs: askedMs * aloneRatio, boundMs, good, basis };
  }
  return `${totalOf(stable)} of ${leastStableSamples} requests of the stable release that its limit is measured on`;
}

function limitAt(
  check: LatencyCheck,
  askedMs: number,
  histogram: Histogram,
  stable: Histogram | undefined,
): LatencyLimit | string {
  const boundMs = boundAt(histogram, askedMs);
  if (boundMs === undefined) {
    return `a limit of ${rounded(askedMs)} is beyond ${histogram.boundsMs.at(-1) ?? 0} ms, the last bound of the histogram`;
  }
  const own = stable ? countAbove(stable, boundMs) / totalOf(stable) : 0;
  const asked = 1 - check.quantile;
  return { askedMs, boundMs, good: own > asked && own < check.bad ? own : asked };
}

function slowOnes(seen: Look['seen'], limit: LatencyLimit): SideBySide {
  const slow = ({ latency }: Counts): Trials =>
    latency ? { samples: totalOf(latency), bad: countAbove(latency, limit.boundMs) } : { samples: 0, bad: 0 };
  return { stable: slow(seen.stable), candidate: slow(seen.candidate) };
}

function wordsOf(limit: LatencyLimit): { of: (trials: Trials) => string; note?: string } {
  const rounding = limit.boundMs > limit.askedMs;
  return {
    of: ({ bad, samples }) =>
      `${bad} of ${samples} requests (${percent(samples === 0 ? 0 : bad / samples)}) took longer than ${limit.boundMs} ms`,
    ...((rounding || limit.basis) && {
      note: [limit.basis, rounding && `${rounded(limit.askedMs)} is rounded up to the next bound of the histogram`]
        .filter(Boolean)
        .join('; '),
    }),
  };
}

function rounded(ms: number): string {
  return `${Number(ms.toPrecision(3))} ms`;
}

function finite(ms: number | undefined): number | undefined {
  return ms === undefined || Number.isFinite(ms) ? ms : undefined;
}
