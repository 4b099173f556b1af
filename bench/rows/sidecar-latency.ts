import { median, ratioOf, summarize } from '../measure/summary.ts';
import { type Variant, variants } from '../proxies/pair.ts';
import type { Sample } from '../proxies/rig.ts';
import type { Measurement, Row } from '../row.ts';
import { type ProxyName, type SidecarRounds, sidecarRounds } from './sidecar-rounds.ts';

const goal = { of: 'ratio', bound: 'at most', value: 1.15 } as const;
const quantiles = { p50: 'p50Ms', p99: 'p99Ms' } as const satisfies Record<string, keyof Sample>;

export const sidecarLatency: Row = {
  name: 'sidecar-latency',
  title: 'what a pair of sidecars adds to the latency at 1000 requests/s, 1 KB, 16 connections',
  run: async (context) => {
    const rounds = await sidecarRounds(context);
    return { measurements: latencyMeasurements(rounds), notes: rounds.notes };
  },
};

/** All lines of the row. Pure. */
export function latencyMeasurements(rounds: SidecarRounds): Measurement[] {
  const measurements = variants.flatMap((variant) =>
    Object.entries(quantiles).flatMap(([name, field]) => compared(rounds, variant, name, field)),
  );
  return [...directLines(rounds), ...measurements];
}

/** What each proxy adds to the median of `direct` (a single round of it may be disturbed), Parley beside minimal Envoy (the goal) and minimal Envoy beside HAProxy (the yardstick). */
function compared(rounds: SidecarRounds, variant: Variant, name: string, field: 'p50Ms' | 'p99Ms'): Measurement[] {
  const direct = median(rounds.direct.map((sample) => sample[field]));
  const added = (proxy: ProxyName) => rounds.of(proxy, variant)?.map((sample) => sample[field] - direct);
  const [parley, minimal, haproxy] = [added('Parley'), added('minimal Envoy'), added('HAProxy')];
  const side = (proxy: ProxyName, values: readonly number[]) => ({ name: proxy, summary: summarize(values) });
  const what = `${variant}: ${name} added`;
  const lines: Measurement[] = [];
  if (parley && minimal) {
    lines.push({
      what,
      unit: 'ms',
      measured: side('Parley', parley),
      against: side('minimal Envoy', minimal),
      ratio: ratioOf(parley, minimal),
      goals: [goal],
    });
  }
  if (minimal && haproxy) {
    lines.push({
      what: `${what} (yardstick)`,
      unit: 'ms',
      measured: side('minimal Envoy', minimal),
      against: side('HAProxy', haproxy),
      ratio: ratioOf(minimal, haproxy),
      goals: [],
    });
  }
  return lines;
}

/** The whole latency through Parley beside the application alone, so that what was added can be seen in proportion. */
function directLines(rounds: SidecarRounds): Measurement[] {
  const parley = rounds.of('Parley', 'mTLS') ?? [];
  return Object.entries(quantiles).map(([name, field]) => {
    const [through, direct] = [parley.map((sample) => sample[field]), rounds.direct.map((sample) => sample[field])];
    return {
      what: `${name} of a request`,
      unit: 'ms',
      measured: { name: 'Parley, mTLS', summary: summarize(through) },
      against: { name: 'direct', summary: summarize(direct) },
      ratio: ratioOf(through, direct),
      goals: [],
    };
  });
}
