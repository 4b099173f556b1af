import type { MeshName } from '../../mesh/intent.ts';
import { sumBy } from '../../mesh/promql.ts';
import type { Board } from './frame.ts';
import { figure, lines, type Unit } from './panel.ts';

const measures: readonly { readonly title: string; readonly series: string; readonly unit: Unit }[] = [
  { title: 'Memory', series: 'parley:memory_bytes:sum', unit: 'bytes' },
  { title: 'CPU, cores', series: 'parley:cpu_cores:rate1m', unit: 'short' },
];

const blind: Readonly<Record<MeshName, string>> = {
  istio: ' Envoy does not count its CPU: of a sidecar there is its memory, and the CPU of the agent beside it.',
  linkerd: '',
};

/** What the whole costs: the exchange, the mesh, and what watches both. */
export function footprint(mesh: MeshName): Board {
  const chosen = 'service=~"$service"';
  return {
    uid: 'parley-footprint',
    title: 'Footprint',
    description: `Memory and CPU of programs, sidecars, control plane and observability.${blind[mesh]}`,
    variables: { series: 'parley:memory_bytes:sum', serviceLabel: 'service' },
    rows: [
      {
        title: 'The whole',
        panels: measures.map(({ title, series, unit }) =>
          figure({
            title,
            description: 'Over all namespaces.',
            unit,
            width: 12,
            queries: [{ expr: sumBy(['part'], series), legend: '{{part}}' }],
          }),
        ),
      },
      {
        title: 'Parts',
        panels: measures.map(({ title, series, unit }) =>
          lines({
            title: `${title} per service`,
            description: 'All Pods of a service together, programs and sidecars apart.',
            unit,
            height: 12,
            queries: [
              {
                expr: sumBy(['service', 'release', 'part'], `${series}{namespace=~"$namespace", ${chosen}}`),
                legend: '{{service}} {{release}} {{part}}',
              },
            ],
          }),
        ),
      },
    ],
  };
}
