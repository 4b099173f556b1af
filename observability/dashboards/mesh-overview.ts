import { sumBy } from '../../mesh/promql.ts';
import { classPanel, edgePanels } from './edge-panels.ts';
import type { Board } from './frame.ts';
import { figure, type PanelBuilder, rows } from './panel.ts';
import { good, judged, ofEdges, ofServices } from './queries.ts';
import { spanErrors, spanLatency } from './spans.ts';

/** Who calls whom, and how that goes. */
export function meshOverview(): Board {
  return {
    uid: 'parley-mesh',
    title: 'Mesh overview',
    description: 'Success, rate and latency of every edge. Figures come from the proxies, the same for every mesh.',
    variables: { series: 'parley:requests:rate1m', serviceLabel: 'destination' },
    rows: [
      { title: 'Now', panels: [...figures(), edgeTable()] },
      { title: 'Edges', panels: [...edgePanels(), classPanel()] },
      { title: 'Traces', panels: [spanLatency(ofServices), spanErrors(ofServices)] },
    ],
  };
}

function figures(): PanelBuilder[] {
  return [
    figure({
      title: 'Success',
      description: 'Share of calls that ended well, over all edges.',
      unit: 'percentunit',
      goodAbove: { bad: 0.95, good: 0.99 },
      queries: [
        {
          expr: `sum(parley:requests:rate1m{${ofEdges}, ${good}}) / sum(parley:requests:rate1m{${ofEdges}, ${judged}})`,
          legend: 'success',
        },
      ],
    }),
    figure({
      title: 'Calls',
      description: 'Calls per second, over all edges.',
      unit: 'reqps',
      queries: [{ expr: `sum(parley:requests:rate1m{${ofEdges}})`, legend: 'calls' }],
    }),
    figure({
      title: 'Edges',
      description: 'Pairs of caller and called that have calls now.',
      unit: 'none',
      queries: [
        {
          expr: `count(${sumBy(['source', 'destination'], `parley:requests:rate1m{${ofEdges}}`)} > 0)`,
          legend: 'edges',
        },
      ],
    }),
    figure({
      title: 'Pods that answer',
      description: 'Pods of the exchange that Prometheus reads.',
      unit: 'none',
      queries: [{ expr: `count(up{${ofServices}} == 1)`, legend: 'Pods' }],
    }),
  ];
}

function edgeTable(): PanelBuilder {
  const columns = ['source', 'destination', 'release', 'protocol'];
  return rows({
    title: 'Edges',
    description: 'One row for each caller and release that it calls.',
    unit: 'short',
    queries: [
      { expr: sumBy(columns, `parley:requests:rate1m{${ofEdges}}`), legend: 'calls per second', instant: true },
      { expr: sumBy(columns, `parley:request_success:ratio1m{${ofEdges}}`), legend: 'success', instant: true },
      { expr: sumBy(columns, `parley:request_latency_ms:p50{${ofEdges}}`), legend: 'p50 ms', instant: true },
      { expr: sumBy(columns, `parley:request_latency_ms:p99{${ofEdges}}`), legend: 'p99 ms', instant: true },
    ],
  });
}
