import type { MeshName } from '../../mesh/intent.ts';
import { rate, relabel, sumBy } from '../../mesh/promql.ts';
import type { RecordingRule } from './rule.ts';

/** Who uses it: programs of the exchange, what the mesh put beside them, the control plane, and the observability itself. */
const footprintLabels = ['namespace', 'service', 'release', 'part'] as const;

interface Usage {
  readonly part: string;
  readonly memory: string;
  /** Absent: the program does not say. */
  readonly cpuSeconds?: string;
}

/** The collector and Jaeger are built on one base, whose counters have had different suffixes over time. */
const collectors = 'job="observability"';

const everywhere: readonly Usage[] = [
  {
    part: 'application',
    memory: 'process_resident_memory_bytes{job="exchange"}',
    cpuSeconds: 'process_cpu_seconds_total{job="exchange"}',
  },
  {
    part: 'control plane',
    memory: 'process_resident_memory_bytes{job="control-plane"}',
    cpuSeconds: 'process_cpu_seconds_total{job="control-plane"}',
  },
  {
    part: 'observability',
    memory: `{__name__=~"process_resident_memory_bytes|otelcol_process_memory_rss(_bytes)?", ${collectors}}`,
    cpuSeconds: `{__name__=~"process_cpu_seconds_total|otelcol_process_cpu_seconds(_total)?", ${collectors}}`,
  },
];

/** Envoy does not count its CPU: under Istio only the agent beside it does. */
const sidecars: Readonly<Record<MeshName, readonly Usage[]>> = {
  istio: [
    { part: 'sidecar', memory: 'envoy_server_memory_physical_size' },
    {
      part: 'sidecar agent',
      memory: 'istio_agent_process_resident_memory_bytes',
      cpuSeconds: 'istio_agent_process_cpu_seconds_total',
    },
  ],
  linkerd: [
    {
      part: 'sidecar',
      memory: 'process_resident_memory_bytes{job="proxies"}',
      cpuSeconds: 'process_cpu_seconds_total{job="proxies"}',
    },
  ],
};

/** Memory in bytes and CPU in cores, of each part of the whole. */
export function footprintRules(mesh: MeshName): readonly RecordingRule[] {
  return [...everywhere, ...sidecars[mesh]].flatMap(({ part, memory, cpuSeconds }) => [
    { record: 'parley:memory_bytes:sum', expr: ofPart(part, memory) },
    ...(cpuSeconds === undefined ? [] : [{ record: 'parley:cpu_cores:rate1m', expr: ofPart(part, rate(cpuSeconds)) }]),
  ]);
}

function ofPart(part: string, expr: string): string {
  return sumBy(
    footprintLabels,
    relabel(expr, [{ target: 'part', replacement: part, source: 'service', pattern: '.*' }]),
  );
}
