import type { Check, ErrorRateCheck, LatencyCheck } from '../core/check.ts';
import type { RolloutPlan } from '../core/plan.ts';
import type { Stage } from '../core/traffic.ts';
import { type Asked, failedPercent, latencyMs, latencyRatio, type Receiver } from './queries.ts';
import { neutralShare, rounded } from './threshold.ts';

/** A check as an engine with thresholds asks it: a number now and then, which must not be above the limit. */
export interface Measurement {
  /** Name of the check. */
  readonly name: string;
  readonly limit: number;
  /** For people: `percent`, `ms`, `times the stable release`. */
  readonly unit: string;
  /** It compares with the stable release, which has to have requests of its own meanwhile. */
  readonly relative: boolean;
  query(candidate: Receiver, stable: Receiver, asked: Asked): string;
}

/** What can be measured at some stage, in the order of the checks. Counters and gauges are not in it: no mesh has a series for them. */
export function measurementsOf({ checks, stages }: RolloutPlan): readonly Measurement[] {
  const measurements = checks.flatMap((check) => measurementOf(check) ?? []);
  return measurements.filter((measurement) => stages.some((stage) => isMeasuredAt(stage, measurement)));
}

/** Where the candidate has everything there is nothing to compare it with. */
export function isMeasuredAt({ traffic }: Stage, { relative }: Pick<Measurement, 'relative'>): boolean {
  return !relative || traffic.weight < 100;
}

function measurementOf(check: Check): Measurement | undefined {
  switch (check.kind) {
    case 'errorRate':
      return failures(check);
    case 'latency':
      return latency(check);
    case 'counter':
    case 'gauge':
      return undefined;
  }
}

function failures({ name, good, bad }: ErrorRateCheck): Measurement {
  return {
    name,
    limit: rounded(100 * neutralShare(good, bad)),
    unit: 'percent',
    relative: false,
    query: (candidate, _stable, asked) => failedPercent(candidate, asked),
  };
}

/**
 * The share of slow requests at which the evidence leans neither way is asked for as a quantile: at most that share is above the limit exactly
 * when the quantile of the others is not.
 */
function latency({ name, quantile, limitMs, ratio, bad }: LatencyCheck): Measurement {
  const share = rounded(1 - neutralShare(1 - quantile, bad));
  if (limitMs !== undefined) {
    return {
      name,
      limit: limitMs,
      unit: 'ms',
      relative: false,
      query: (candidate, _stable, asked) => latencyMs(share, candidate, asked),
    };
  }
  return {
    name,
    limit: ratio,
    unit: 'times the stable release',
    relative: true,
    query: (candidate, stable, asked) => latencyRatio({ share, of: candidate }, { share: quantile, of: stable }, asked),
  };
}
