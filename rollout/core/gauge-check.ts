import type { CheckVerdict, GaugeCheck } from './check.ts';
import { type Judged, type Look, undecided } from './share-check.ts';

export interface GaugeMemory {
  readonly kind: 'gauge';
  readonly readings: number;
  /** Since when it has been above the limit without a break. */
  readonly aboveSinceMs?: number;
  readonly decidedAtMs?: number;
}

/** A value may be above the limit, but not for longer than `forMs`. One reading that is not above is enough to pass. */
export function judgeGauge(check: GaugeCheck, before: GaugeMemory | undefined, look: Look): Judged<GaugeMemory> {
  const read = look.seen.candidate.gauges?.[check.gauge];
  const value = look.total.candidate.gauges?.[check.gauge];
  const memory = before ?? { kind: 'gauge', readings: 0 };
  if (value === undefined) return { memory, verdict: undecided(check, `${check.gauge} was never read`) };
  const above = value > check.limit;
  const aboveSinceMs = above ? (memory.aboveSinceMs ?? look.nowMs) : undefined;
  const forMs = aboveSinceMs === undefined ? 0 : look.nowMs - aboveSinceMs;
  const name = !above ? 'pass' : read !== undefined && forMs > check.forMs ? 'fail' : 'inconclusive';
  const decidedAtMs = name === 'inconclusive' ? undefined : (memory.decidedAtMs ?? look.nowMs);
  const readings = memory.readings + (read === undefined ? 0 : 1);
  const stableValue = look.total.stable.gauges?.[check.gauge];
  const verdict: CheckVerdict = {
    name: check.name,
    kind: check.kind,
    verdict: name,
    reason: above
      ? `${check.gauge} is ${value}, above ${check.limit} for ${forMs} ms; longer than ${check.forMs} ms is bad`
      : `${check.gauge} is ${value}; up to ${check.limit} is good`,
    value,
    limit: check.limit,
    samples: readings,
    ...(stableValue !== undefined && { stableValue }),
    stableSamples: stableValue === undefined ? 0 : 1,
    ...(decidedAtMs !== undefined && { decidedAtMs }),
  };
  return {
    memory: {
      kind: 'gauge',
      readings,
      ...(aboveSinceMs !== undefined && { aboveSinceMs }),
      ...(decidedAtMs !== undefined && { decidedAtMs }),
    },
    verdict,
  };
}
