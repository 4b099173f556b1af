import type { CheckVerdict } from '../../rollout/core/check.ts';
import type { Counts } from '../../rollout/core/evidence.ts';
import { quantileMs } from '../../rollout/core/histogram.ts';

/** Requests of a release as people are shown them. */
export interface SeenCounts {
  readonly requests: number;
  readonly failures: number;
  /** 95th percentile; absent: nobody measured, or it is above what the histogram can tell. */
  readonly p95Ms?: number;
}

/**
 * What was seen of a release: the counts of the running stage, or, of an attempt that ended, those that its checks were decided by.
 * Undefined: nothing is known. Pure.
 */
export function countsOf(
  role: 'stable' | 'candidate',
  counts: Counts | undefined,
  checks: readonly CheckVerdict[],
): SeenCounts | undefined {
  if (counts) {
    const { requests, failures, latency } = counts;
    const p95Ms = quantileMs(latency, 0.95) ?? Number.POSITIVE_INFINITY;
    return { requests, failures, ...(Number.isFinite(p95Ms) ? { p95Ms } : {}) };
  }
  const errors = checks.find(({ kind }) => kind === 'errorRate');
  if (!errors) return undefined;
  const [value, samples] =
    role === 'candidate' ? [errors.value, errors.samples] : [errors.stableValue, errors.stableSamples];
  return { requests: samples, failures: value === undefined ? 0 : Math.round(value * samples) };
}
