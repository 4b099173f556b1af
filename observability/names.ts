import { monitoring } from '../mesh/exchange.ts';
import { labelsOf } from '../mesh/objects.ts';
import { otlpGrpcPort, otlpHttpPort } from '../mesh/ports.ts';

/** What the observability of the exchange is made of, in the order in which one is of use to the next. */
export const observabilityParts = ['collector', 'prometheus', 'jaeger', 'grafana'] as const;
export type ObservabilityPart = (typeof observabilityParts)[number];

/** Namespace of all parts (docs/architecture.md, Observability). */
export const { namespace } = monitoring;

/** Labels of every object of this folder. */
export const labels: Readonly<Record<string, string>> = labelsOf('observability');

/** Ports of the Services, by part. */
export const ports = {
  collector: { otlpGrpc: otlpGrpcPort, otlpHttp: otlpHttpPort, spanMetrics: 8889, metrics: 8888, health: 13_133 },
  prometheus: { web: 9090 },
  jaeger: { query: 16_686, otlpGrpc: otlpGrpcPort, metrics: 8888, health: 13_133 },
  grafana: { web: 3000 },
} as const satisfies Record<ObservabilityPart, Readonly<Record<string, number>>>;

/** Data sources of Grafana, by which dashboards and links refer to them. */
export const dataSourceUids = { prometheus: 'prometheus', jaeger: 'jaeger' } as const;

/** Host name of a part for everyone in the cluster. */
export function hostOf(part: ObservabilityPart): string {
  return `${part}.${namespace}.svc.cluster.local`;
}
