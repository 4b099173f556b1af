import { rate, sumBy } from '../../mesh/promql.ts';
import { classPanel, edgePanels } from './edge-panels.ts';
import type { Board } from './frame.ts';
import { lines, type PanelBuilder } from './panel.ts';
import { ofEdges, ofServices } from './queries.ts';
import { spanErrors, spanLatency } from './spans.ts';

/** A way to talk, the services that are called so, and what of it only the services themselves can tell. */
export interface ConversationKind {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly services: readonly string[];
  /** What the label `operation` of the services' own metrics holds. */
  readonly operation: string;
  readonly status: string;
}

/** One dashboard each; a further kind is a further row of this table. */
export const conversationKinds: readonly ConversationKind[] = [
  {
    uid: 'parley-rest',
    title: 'REST',
    description: 'Calls by HTTP with a contract in OpenAPI.',
    services: ['accounts', 'identity'],
    operation: 'route',
    status: 'HTTP status',
  },
  {
    uid: 'parley-grpc',
    title: 'gRPC',
    description: 'Unary calls and streams with a contract in protobuf.',
    services: ['orders'],
    operation: 'method',
    status: 'gRPC status',
  },
  {
    uid: 'parley-graphql',
    title: 'GraphQL',
    description:
      'Queries of the gateway. An answer with errors in it has HTTP status 200: only the service itself counts it as failed.',
    services: ['portfolio'],
    operation: 'operation',
    status: 'HTTP status',
  },
];

/** The dashboard of one kind: what the proxies see, what the services say, and the traces. */
export function conversationBoard(kind: ConversationKind): Board {
  const own = `${ofServices}, service=~"${kind.services.join('|')}"`;
  return {
    uid: kind.uid,
    title: kind.title,
    description: kind.description,
    variables: { series: 'parley:requests:rate1m', serviceLabel: 'destination', services: kind.services },
    rows: [
      { title: 'As callers see it', panels: callerPanels(kind) },
      { title: 'As the service sees it', panels: servicePanels(kind, own) },
      { title: 'Traces', panels: [spanLatency(own), spanErrors(own)] },
    ],
  };
}

function callerPanels({ services }: ConversationKind): PanelBuilder[] {
  const selector = `${ofEdges}, destination=~"${services.join('|')}"`;
  return [...edgePanels(selector), classPanel(selector)];
}

function servicePanels({ operation, status }: ConversationKind, own: string): PanelBuilder[] {
  return [
    lines({
      title: `Calls per ${operation}`,
      description: `Requests that the service answered, per second, by ${operation} and contract version.`,
      unit: 'reqps',
      queries: [
        {
          expr: sumBy(['service', 'operation', 'contract'], `parley:service_requests:rate1m{${own}}`),
          legend: '{{service}} {{operation}} {{contract}}',
        },
      ],
    }),
    lines({
      title: `Failed calls per ${operation}`,
      description:
        "Requests that failed by the service's own account, whatever status they were answered with. Zero while there are calls.",
      unit: 'reqps',
      queries: [
        {
          expr: `${sumBy(['service', 'operation'], `parley:service_requests:rate1m{${own}, outcome="error"}`)} or 0 * ${sumBy(['service', 'operation'], `parley:service_requests:rate1m{${own}}`)}`,
          legend: '{{service}} {{operation}}',
        },
      ],
    }),
    lines({
      title: `Answers by ${status}`,
      description: `Requests per second by ${status}.`,
      unit: 'reqps',
      queries: [
        {
          expr: sumBy(['service', 'release', 'status'], rate(`parley_requests_total{${own}}`)),
          legend: '{{service}} {{release}} {{status}}',
        },
      ],
    }),
    lines({
      title: `Latency per ${operation}, p95`,
      description:
        'From the head of the request to the end of the answer, inside the service: without proxies and network.',
      unit: 'ms',
      queries: [{ expr: `parley:service_latency_ms:p95{${own}}`, legend: '{{service}} {{release}} {{operation}}' }],
    }),
  ];
}
