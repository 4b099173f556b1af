import { rate, sumBy } from '../../mesh/promql.ts';
import type { Board } from './frame.ts';
import { lines, type Panel, type PanelBuilder } from './panel.ts';
import { ofServices } from './queries.ts';

const release = '{{service}} {{release}}';

/** What the services say of themselves (services/kit/metrics.ts). */
export function services(): Board {
  return {
    uid: 'parley-services',
    title: 'Services',
    description: "The services' own metrics: what they answered, how long it took, and how Node is doing.",
    variables: { series: 'parley:service_in_flight:sum', serviceLabel: 'service' },
    rows: [
      { title: 'Requests', panels: requests() },
      { title: 'Node', panels: node.map((panel) => lines({ ...panel, width: 8 })) },
    ],
  };
}

function requests(): PanelBuilder[] {
  return [
    lines({
      title: 'Requests',
      description: 'Answered requests per second, by outcome.',
      unit: 'reqps',
      queries: [
        {
          expr: sumBy(['service', 'release', 'outcome'], `parley:service_requests:rate1m{${ofServices}}`),
          legend: `${release} {{outcome}}`,
        },
      ],
    }),
    lines({
      title: 'Success',
      description: 'Share of requests that succeeded, by the own account of the service.',
      unit: 'percentunit',
      goodAbove: { bad: 0.95, good: 0.99 },
      queries: [{ expr: `parley:service_success:ratio1m{${ofServices}}`, legend: release }],
    }),
    ...[50, 95, 99].map((percent) =>
      lines({
        title: `Latency, p${percent}`,
        description: 'From the head of the request to the end of the answer.',
        unit: 'ms',
        width: 8,
        queries: [{ expr: `parley:service_latency_ms:p${percent}{${ofServices}}`, legend: `${release} {{operation}}` }],
      }),
    ),
    lines({
      title: 'Requests in flight',
      description: 'Requests without a complete answer. A line that only rises is a leak.',
      unit: 'none',
      queries: [{ expr: `parley:service_in_flight:sum{${ofServices}}`, legend: release }],
    }),
    lines({
      title: 'Callers',
      description: 'Requests per second by the identity of the caller, as the mesh proved it.',
      unit: 'reqps',
      queries: [
        {
          expr: sumBy(['service', 'caller'], `parley:service_requests:rate1m{${ofServices}}`),
          legend: '{{caller}} -> {{service}}',
        },
      ],
    }),
  ];
}

const node: readonly Panel[] = [
  {
    title: 'Delay of the event loop, p99',
    description: 'How long a timer had to wait for its turn.',
    unit: 's',
    queries: [{ expr: `nodejs_eventloop_lag_p99_seconds{${ofServices}}`, legend: `${release} {{pod}}` }],
  },
  {
    title: 'Heap in use',
    description: 'Memory of JavaScript objects.',
    unit: 'bytes',
    queries: [{ expr: `nodejs_heap_size_used_bytes{${ofServices}}`, legend: `${release} {{pod}}` }],
  },
  {
    title: 'Time in garbage collection',
    description: 'Seconds of each second that went into collecting garbage.',
    unit: 's',
    queries: [
      {
        expr: sumBy(['service', 'release', 'kind'], rate(`nodejs_gc_duration_seconds_sum{${ofServices}}`)),
        legend: `${release} {{kind}}`,
      },
    ],
  },
];
