import type { Registry } from 'prom-client';
import { grpcStatuses } from '../../mesh/grpc-statuses.ts';
import type { MeshName } from '../../mesh/intent.ts';
import { createRolloutMetrics } from '../../rollout/controller/metrics.ts';
import { serviceMetrics } from '../../services/kit/metrics.ts';
import { spanMetrics } from '../collector-config.ts';
import type { RuleGroup } from './rule.ts';
import type { MeshMetrics, RuleOptions } from './rules.ts';

/** What Prometheus says of each target of a job, and of alerts (https://prometheus.io/docs/concepts/jobs_instances/). */
const ofPrometheus = ['up', 'ALERTS', 'prometheus_rule_evaluation_failures_total'];

/** Every program with a Prometheus client tells of its process. */
const ofProcesses = ['process_resident_memory_bytes', 'process_cpu_seconds_total'];

/** The collector's own metrics (https://opentelemetry.io/docs/collector/internal-telemetry/). */
const ofCollector = [
  'otelcol_receiver_accepted_spans_total',
  'otelcol_receiver_refused_spans_total',
  'otelcol_exporter_send_failed_spans_total',
  'otelcol_exporter_enqueue_failed_spans_total',
  'otelcol_process_memory_rss_bytes',
  'otelcol_process_cpu_seconds_total',
];

/** Istio's agent tells of its identity, and Envoy of its memory, with either kind of metrics. */
const ofIstioSidecars = [
  'istio_agent_cert_expiry_seconds',
  'istio_agent_process_resident_memory_bytes',
  'istio_agent_process_cpu_seconds_total',
  'envoy_server_memory_physical_size',
];

/** What the rules read of a mesh, by mesh and kind of metrics: no more than this, and all of it. */
export const meshSeries: Readonly<Record<MeshName, Partial<Record<MeshMetrics, readonly string[]>>>> = {
  istio: {
    standard: [...ofIstioSidecars, 'istio_requests_total', 'istio_request_duration_milliseconds_bucket'],
    envoy: [
      ...ofIstioSidecars,
      'envoy_cluster_upstream_rq',
      'envoy_cluster_upstream_rq_time_bucket',
      'envoy_cluster_ssl_handshake',
      'envoy_cluster_grpc_total',
      ...grpcStatuses.map(({ code }) => `envoy_cluster_grpc_${code}`),
    ],
  },
  linkerd: {
    standard: [
      'outbound_http_route_backend_response_statuses_total',
      'outbound_grpc_route_backend_response_statuses_total',
      'outbound_http_route_backend_response_duration_seconds_bucket',
      'outbound_grpc_route_backend_response_duration_seconds_bucket',
      'request_total',
      'control_identity_cert_expiration_timestamp_seconds',
    ],
  },
};

/** Every series that somebody yields: the scraped programs, the services' kit, the controller of rollouts, the collector's spans, and the rules. */
export async function knownSeries(
  { mesh, meshMetrics }: RuleOptions,
  groups: readonly RuleGroup[],
): Promise<ReadonlySet<string>> {
  const spans = spanMetrics.prefix;
  return new Set([
    ...ofPrometheus,
    ...ofProcesses,
    ...ofCollector,
    ...(await seriesOf(serviceMetrics('accounts', '1.4.0').registry)),
    ...(await seriesOf(createRolloutMetrics().registry)),
    `${spans}_calls_total`,
    ...histogram(`${spans}_duration_milliseconds`),
    ...(meshSeries[mesh][meshMetrics] ?? []),
    ...groups.flatMap(({ rules }) => rules.flatMap((rule) => ('record' in rule ? rule.record : []))),
  ]);
}

async function seriesOf(registry: Registry): Promise<string[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.flatMap(({ name, type }) => (String(type) === 'histogram' ? histogram(name) : [name]));
}

function histogram(name: string): string[] {
  return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
}
