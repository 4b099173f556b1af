import { sumBy } from '../../mesh/promql.ts';
import { lines, type PanelBuilder } from './panel.ts';
import { ofEdges } from './queries.ts';

const edge = '{{source}} -> {{destination}} {{release}}';

/** Success, rate and latency of each edge, narrowed down further by `selector`. */
export function edgePanels(selector: string = ofEdges): readonly PanelBuilder[] {
  return [
    lines({
      title: 'Success per edge',
      description:
        'Calls that ended well, as the caller saw it. A server error and no answer are failures; a call that the caller gave up is not counted. No line: no calls.',
      unit: 'percentunit',
      goodAbove: { bad: 0.95, good: 0.99 },
      queries: [{ expr: `parley:request_success:ratio1m{${selector}}`, legend: edge }],
    }),
    lines({
      title: 'Calls per edge',
      description: 'Calls per second, counted by the proxy of the caller.',
      unit: 'reqps',
      queries: [
        {
          expr: sumBy(['source', 'destination', 'release'], `parley:requests:rate1m{${selector}}`),
          legend: edge,
        },
      ],
    }),
    ...[50, 95, 99].map((percent) =>
      lines({
        title: `Latency per edge, p${percent}`,
        description: `Out of a hundred calls ${percent} were quicker, as the caller saw it. A stream of gRPC lasts as long as it is open.`,
        unit: 'ms',
        width: 8,
        queries: [{ expr: `parley:request_latency_ms:p${percent}{${selector}}`, legend: edge }],
      }),
    ),
  ];
}

/** Calls by the class of their status; gRPC statuses count as the class that says whose fault it was. */
export function classPanel(selector: string = ofEdges): PanelBuilder {
  return lines({
    title: 'Calls by class of status',
    description:
      'none: no answer came. cancelled: the caller gave up. Statuses of gRPC count as the class of HTTP that they come to.',
    unit: 'reqps',
    queries: [
      {
        expr: sumBy(['destination', 'code_class'], `parley:requests:rate1m{${selector}}`),
        legend: '{{destination}} {{code_class}}',
      },
    ],
  });
}
