import { hostOf, type ObservabilityPart, ports } from './names.ts';
import { type PullReader, pullReader } from './own-metrics.ts';

/** Names of the series that the collector makes from spans, as Prometheus has them. */
export const spanMetrics = { prefix: 'traces_span_metrics' } as const;

interface Dimension {
  readonly name: string;
}

/** Configuration of the collector (https://opentelemetry.io/docs/collector/configuration/), as far as this kit uses it. */
export interface CollectorConfig {
  readonly receivers: {
    readonly otlp: { readonly protocols: Readonly<Record<'grpc' | 'http', { endpoint: string }>> };
  };
  readonly processors: {
    readonly memory_limiter: {
      readonly check_interval: string;
      readonly limit_percentage: number;
      readonly spike_limit_percentage: number;
    };
    readonly batch: { readonly send_batch_size: number; readonly timeout: string };
  };
  readonly connectors: {
    readonly span_metrics: {
      readonly dimensions: readonly Dimension[];
      readonly exemplars: { readonly enabled: true; readonly max_per_data_point: number };
      readonly histogram: { readonly unit: 'ms'; readonly explicit: { readonly buckets: readonly string[] } };
      readonly metrics_flush_interval: string;
      readonly metrics_expiration: string;
      readonly aggregation_cardinality_limit: number;
      readonly resource_metrics_key_attributes: readonly string[];
    };
  };
  readonly exporters: {
    readonly prometheus: {
      readonly endpoint: string;
      readonly enable_open_metrics: true;
      readonly without_scope_info: true;
    };
    readonly otlp_grpc?: { readonly endpoint: string; readonly tls: { readonly insecure: true } };
  };
  readonly extensions: { readonly health_check: { readonly endpoint: string } };
  readonly service: {
    readonly extensions: readonly 'health_check'[];
    readonly pipelines: Readonly<Record<'traces' | 'metrics', Pipeline>>;
    readonly telemetry: { readonly metrics: { readonly readers: readonly PullReader[] } };
  };
}

interface Pipeline {
  readonly receivers: readonly string[];
  readonly processors?: readonly string[];
  readonly exporters: readonly string[];
}

/** Attributes of spans, of applications and of sidecars, that become labels; what a span lacks is left out. */
const dimensions = [
  'service.namespace',
  'service.version',
  'http.request.method',
  'http.response.status_code',
  'rpc.system',
  'rpc.method',
  'rpc.grpc.status_code',
];

/** Finer than the connector's own below 50 ms, where the exchange lives. */
const buckets = ['1ms', '2ms', '5ms', '10ms', '25ms', '50ms', '100ms', '250ms', '500ms', '1s', '2s', '5s', '10s'];

const everywhere = '0.0.0.0';

/**
 * Takes spans, hands them on to Jaeger if it runs, and counts and times them for Prometheus with exemplars that lead back to the trace.
 * It uses components only that every distribution for traces has.
 */
export function collectorConfig(parts: readonly ObservabilityPart[], flushSeconds: number): CollectorConfig {
  const jaeger = parts.includes('jaeger');
  return {
    receivers: {
      otlp: {
        protocols: {
          grpc: { endpoint: `${everywhere}:${ports.collector.otlpGrpc}` },
          http: { endpoint: `${everywhere}:${ports.collector.otlpHttp}` },
        },
      },
    },
    processors: {
      memory_limiter: { check_interval: '1s', limit_percentage: 80, spike_limit_percentage: 20 },
      batch: { send_batch_size: 1024, timeout: '200ms' },
    },
    connectors: {
      span_metrics: {
        dimensions: dimensions.map((name) => ({ name })),
        exemplars: { enabled: true, max_per_data_point: 5 },
        histogram: { unit: 'ms', explicit: { buckets } },
        metrics_flush_interval: `${flushSeconds}s`,
        metrics_expiration: '10m',
        aggregation_cardinality_limit: 5_000,
        // Pods of a release count together: without this a Pod that is replaced leaves its series behind.
        resource_metrics_key_attributes: ['service.name', 'service.namespace', 'service.version'],
      },
    },
    exporters: {
      prometheus: {
        endpoint: `${everywhere}:${ports.collector.spanMetrics}`,
        enable_open_metrics: true,
        without_scope_info: true,
      },
      // Plain text within the namespace; the mesh adds TLS where it has the parts.
      ...(jaeger
        ? { otlp_grpc: { endpoint: `${hostOf('jaeger')}:${ports.jaeger.otlpGrpc}`, tls: { insecure: true } } }
        : {}),
    },
    extensions: { health_check: { endpoint: `${everywhere}:${ports.collector.health}` } },
    service: {
      extensions: ['health_check'],
      pipelines: {
        traces: {
          receivers: ['otlp'],
          processors: ['memory_limiter', 'batch'],
          exporters: [...(jaeger ? ['otlp_grpc'] : []), 'span_metrics'],
        },
        metrics: { receivers: ['span_metrics'], exporters: ['prometheus'] },
      },
      telemetry: { metrics: { readers: [pullReader(ports.collector.metrics)] } },
    },
  };
}
