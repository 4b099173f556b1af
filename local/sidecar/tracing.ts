import { extension, type Message, type Resource, socketAddress, typed } from './resource.ts';

/** Where spans go, and as whom. */
export interface TracingTarget {
  /** OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`. */
  readonly endpoint: string;
  readonly serviceName: string;
  /** Literal tags of every span. */
  readonly tags: Readonly<Record<string, string>>;
}

const tracingCluster = 'otlp';

/** Spans of a listener. Nothing is sampled here: the routes say how much (`sampled` in routes.ts). */
export function tracingOf(target: TracingTarget): Message {
  return {
    random_sampling: { value: 0 },
    spawn_upstream_span: true,
    custom_tags: Object.entries(target.tags).map(([tag, value]) => ({ tag, literal: { value } })),
    provider: extension('otlp', 'envoy.config.trace.v3.OpenTelemetryConfig', {
      service_name: target.serviceName,
      http_service: { http_uri: { uri: target.endpoint, cluster: tracingCluster, timeout: '1s' } },
    }),
  };
}

/** The way to the collector; it is a part of the kit beside the mesh. */
export function tracingClusterOf(endpoint: string): Resource {
  const { hostname, port } = new URL(endpoint);
  return typed('envoy.config.cluster.v3.Cluster', {
    name: tracingCluster,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: tracingCluster,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(hostname, Number(port || 80)) } }] }],
    },
  });
}
