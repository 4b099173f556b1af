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

/** Envoy takes a question of 60 kB, and looks at every name by every alternative. */
const longestFilter = 4000;

/** Which statistics tell about calls to `to` (any of them), for `statsPath`. Of very many it asks for all. */
export function callsFilter(to: readonly string[]): string {
  const { prefix, to: tag } = callCounters;
  const listed = to.map((name) => name.replaceAll('.', '\\.')).join('|');
  const names = listed.length > longestFilter ? '[^.]+' : `(${listed})`;
  return `^(${prefix}\\.[a-z]+\\.${tag}\\.${names}(\\.|$)|cluster\\.${names}\\.upstream_rq_total$)`;
}

const callName = new RegExp(
  `^${callCounters.prefix}\\.([a-z]+)\\.${callCounters.to}\\.([^.]*)\\.${callCounters.flags}\\.(.*)$`,
);

/**
 * Calls as the sidecars of the embedded cluster count them. A stream that its caller ended is a call like any other, but how long it
 * lasted and how it was cut say nothing about the release. A caller that hung up without an answer made no call that ended, but how long
 * it had waited counts: a release that never answers has nothing else to show.
 */
export function callsIn({ values, histograms }: EnvoyStats): Counter[] {
  const counters: Counter[] = [];
  for (const [name, value] of values) {
    const [, what, to = '', flags = ''] = callName.exec(name) ?? [];
    // Each on its own: one may go with the listener that made it, and the others stay.
    if (what === callCounters.ended) counters.push({ group: name, name, to, counts: 'request', value });
    if (what !== callCounters.failed || callerHungUp(flags)) continue;
    counters.push({ group: name, name, to, counts: 'failure', value });
  }
  for (const [name, buckets] of histograms) {
    const [, what, to = '', flags = ''] = callName.exec(name) ?? [];
    if (what !== callCounters.waited && (what !== callCounters.duration || callerHungUp(flags))) continue;
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
