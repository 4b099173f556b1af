import { ratioOf, summarize } from '../measure/summary.ts';
import { type Variant, variants } from '../proxies/pair.ts';
import type { Measurement, Row } from '../row.ts';
import { type ProxyName, type SidecarRounds, sidecarRounds } from './sidecar-rounds.ts';

const unit = 'CPU ms per 1000 requests';

export const sidecarCpu: Row = {
  name: 'sidecar-cpu',
  title: 'CPU that a pair of sidecars takes for 1000 requests, under the same load',
  run: async (context) => {
    const rounds = await sidecarRounds(context);
    return {
      measurements: variants.flatMap((variant) => compared(rounds, variant)),
      notes: ['the kernel counts CPU in steps of 10 ms'],
    };
  },
};

function compared(rounds: SidecarRounds, variant: Variant): Measurement[] {
  const pairs = [
    ['Parley', 'minimal Envoy'],
    ['minimal Envoy', 'HAProxy'],
  ] as const satisfies readonly (readonly [ProxyName, ProxyName])[];
  return pairs.flatMap(([proxy, other]) => {
    const [measured, against] = [proxy, other].map((name) =>
      rounds.of(name, variant)?.map(({ cpuMsPer1000 }) => cpuMsPer1000),
    );
    if (!measured || !against) return [];
    return [
      {
        what: variant,
        unit,
        measured: { name: proxy, summary: summarize(measured) },
        against: { name: other, summary: summarize(against) },
        ratio: ratioOf(measured, against),
        goals: [],
      },
    ];
  });
}
