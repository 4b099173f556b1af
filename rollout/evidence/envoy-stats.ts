import { z } from 'zod';
import { readAnswer } from '../../mesh/envoy/answer.ts';
import { callCounters, callerHungUp } from '../../mesh/envoy/call-counters.ts';
import type { Counter } from './counts.ts';

const bucket = z.object({ upper_bound: z.number(), cumulative: z.number() });
const stats = z.object({
  stats: z.array(
    z.union([
      z.object({ name: z.string(), value: z.union([z.number(), z.string()]) }),
      z.object({ histograms: z.array(z.object({ name: z.string(), buckets: z.array(bucket) })) }),
    ]),
  ),
});

/** Counters and histograms of an Envoy by name (https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--stats). */
export interface EnvoyStats {
  readonly values: ReadonlyMap<string, number>;
  /** Upper bound of each bucket in the unit of the histogram -> how many since Envoy began; not cumulative over buckets. */
  readonly histograms: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** The question whose answer `readStats` reads; `filter` is a regular expression (RE2). */
export const statsPath = (filter: string): string =>
  `/stats?format=json&histogram_buckets=disjoint&filter=${encodeURIComponent(filter)}`;

/** Reads an answer to `statsPath`. Throws AnswerError. */
export function readStats(text: string): EnvoyStats {
  const values = new Map<string, number>();
  const histograms = new Map<string, ReadonlyMap<number, number>>();
  for (const entry of readAnswer('/stats?format=json', stats, text).stats) {
    if ('value' in entry) {
      if (typeof entry.value === 'number') values.set(entry.name, entry.value);
      continue;
    }
    for (const { name, buckets } of entry.histograms) {
      histograms.set(name, new Map(buckets.map(({ upper_bound, cumulative }) => [upper_bound, cumulative])));
    }
  }
  return { values, histograms };
}

/** Which statistics tell about calls to `to` (any of them), for `statsPath`. */
export function callsFilter(to: readonly string[]): string {
  const { prefix, to: tag } = callCounters;
  const names = `(${to.map((name) => name.replaceAll('.', '\\.')).join('|')})`;
  return `^(${prefix}\\.[a-z]+\\.${tag}\\.${names}(\\.|$)|cluster\\.${names}\\.upstream_rq_total$)`;
}

const callCounter = new RegExp(
  `^${callCounters.prefix}\\.(${callCounters.ended}|${callCounters.failed})\\.${callCounters.to}\\.([^.]*)\\.${callCounters.flags}\\.(.*)$`,
);
const callDuration = new RegExp(`^${callCounters.prefix}\\.${callCounters.duration}\\.${callCounters.to}\\.([^.]*)$`);

/**
 * Calls as the sidecars of the embedded cluster count them. A caller that hung up is no request that ended, but how long it had waited
 * counts: a release that never answers has nothing else to show.
 */
export function callsIn({ values, histograms }: EnvoyStats): Counter[] {
  const counters: Counter[] = [];
  for (const [name, value] of values) {
    const [, what, to = '', flags = ''] = callCounter.exec(name) ?? [];
    if (!what || callerHungUp(flags)) continue;
    // Each on its own: of two listeners' counters one may go with its listener and the other stay.
    counters.push({ group: name, name, to, counts: what === callCounters.failed ? 'failure' : 'request', value });
  }
  for (const [name, buckets] of histograms) {
    const [, to] = callDuration.exec(name) ?? [];
    if (to === undefined) continue;
    for (const [boundMs, value] of buckets) {
      counters.push({ group: name, name: String(boundMs), to, counts: 'duration', boundMs, value });
    }
  }
  return counters;
}

/** The Service ports that an Envoy has a cluster for, whether it ever called them or not. */
export function clustersIn({ values }: EnvoyStats): ReadonlySet<string> {
  return new Set([...values.keys()].flatMap((name) => /^cluster\.([^.]+)\.upstream_rq_total$/.exec(name)?.[1] ?? []));
}
