import { type ObservabilityPart, ports } from './names.ts';

/** A caller: a part, or the Pods of the exchange, whose applications and sidecars send spans. */
export type Caller = ObservabilityPart | 'exchange';

/** A port of a part, and who may reach it. */
export interface Edge {
  readonly to: ObservabilityPart;
  readonly port: number;
  readonly protocol: 'http' | 'grpc';
  readonly from: readonly Caller[];
}

/** Everything that parts may be asked for over the network; `kubectl port-forward` and probes come from the node itself. */
const all: readonly Edge[] = [
  { to: 'collector', port: ports.collector.otlpGrpc, protocol: 'grpc', from: ['exchange'] },
  { to: 'collector', port: ports.collector.otlpHttp, protocol: 'http', from: ['exchange'] },
  { to: 'collector', port: ports.collector.spanMetrics, protocol: 'http', from: ['prometheus'] },
  { to: 'collector', port: ports.collector.metrics, protocol: 'http', from: ['prometheus'] },
  { to: 'prometheus', port: ports.prometheus.web, protocol: 'http', from: ['grafana'] },
  { to: 'jaeger', port: ports.jaeger.otlpGrpc, protocol: 'grpc', from: ['collector'] },
  { to: 'jaeger', port: ports.jaeger.query, protocol: 'http', from: ['grafana'] },
  { to: 'jaeger', port: ports.jaeger.metrics, protocol: 'http', from: ['prometheus'] },
  { to: 'grafana', port: ports.grafana.web, protocol: 'http', from: ['prometheus'] },
];

/** The edges between the parts that run; a port whose callers are all left out stays, without callers. */
export function edgesBetween(parts: readonly ObservabilityPart[]): Edge[] {
  return all
    .filter(({ to }) => parts.includes(to))
    .map((edge) => ({ ...edge, from: edge.from.filter((caller) => caller === 'exchange' || parts.includes(caller)) }));
}
