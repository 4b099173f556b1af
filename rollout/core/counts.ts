import type { Counts, EventCount } from './evidence.ts';
import { addHistograms } from './histogram.ts';

export const noCounts: Counts = { requests: 0, failures: 0 };

/** What was seen before and what was seen since; gauges are those of `next` where it has them. */
export function addCounts(before: Counts, next: Counts): Counts {
  const latency = addHistograms(before.latency, next.latency);
  const counters = addCounters(before.counters, next.counters);
  const gauges = before.gauges || next.gauges ? { ...before.gauges, ...next.gauges } : undefined;
  return {
    requests: before.requests + next.requests,
    failures: before.failures + next.failures,
    ...(latency && { latency }),
    ...(counters && { counters }),
    ...(gauges && { gauges }),
  };
}

/** Whether anything happened to the release at all. */
export function isActive(counts: Counts): boolean {
  return counts.requests > 0 || Object.values(counts.counters ?? {}).some(({ occasions }) => occasions > 0);
}

function addCounters(before: Counts['counters'], next: Counts['counters']): Counts['counters'] {
  if (!before || !next) return before ?? next;
  const sum: Record<string, EventCount> = { ...before };
  for (const [name, { events, occasions }] of Object.entries(next)) {
    const sofar = sum[name];
    sum[name] = { events: events + (sofar?.events ?? 0), occasions: occasions + (sofar?.occasions ?? 0) };
  }
  return sum;
}
