import { ports } from './names.ts';
import { type PullReader, pullReader } from './own-metrics.ts';

interface Endpoint {
  readonly endpoint: string;
}

/** Configuration of Jaeger 2 (https://www.jaegertracing.io/docs/2.0/configuration/), as far as this kit uses it. */
export interface JaegerConfig {
  readonly extensions: {
    readonly jaeger_storage: {
      readonly backends: Readonly<Record<string, { readonly memory: { readonly max_traces: number } }>>;
    };
    readonly jaeger_query: { readonly storage: { readonly traces: string }; readonly http: Endpoint };
    readonly healthcheckv2: { readonly use_v2: true; readonly http: Endpoint };
  };
  readonly receivers: { readonly otlp: { readonly protocols: { readonly grpc: Endpoint } } };
  readonly processors: { readonly batch: { readonly timeout: string } };
  readonly exporters: { readonly jaeger_storage_exporter: { readonly trace_storage: string } };
  readonly service: {
    readonly extensions: readonly string[];
    readonly pipelines: {
      readonly traces: Readonly<Record<'receivers' | 'processors' | 'exporters', readonly string[]>>;
    };
    readonly telemetry: { readonly metrics: { readonly readers: readonly PullReader[] } };
  };
}

const storage = 'traces';
const everywhere = '0.0.0.0';

/** Takes spans by OTLP over gRPC, keeps the newest `maxTraces` traces in memory, answers queries and serves the web pages. */
export function jaegerConfig(maxTraces: number): JaegerConfig {
  return {
    extensions: {
      jaeger_storage: { backends: { [storage]: { memory: { max_traces: maxTraces } } } },
      jaeger_query: { storage: { traces: storage }, http: { endpoint: `${everywhere}:${ports.jaeger.query}` } },
      healthcheckv2: { use_v2: true, http: { endpoint: `${everywhere}:${ports.jaeger.health}` } },
    },
    receivers: { otlp: { protocols: { grpc: { endpoint: `${everywhere}:${ports.jaeger.otlpGrpc}` } } } },
    processors: { batch: { timeout: '200ms' } },
    exporters: { jaeger_storage_exporter: { trace_storage: storage } },
    service: {
      extensions: ['jaeger_storage', 'jaeger_query', 'healthcheckv2'],
      pipelines: { traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['jaeger_storage_exporter'] } },
      telemetry: { metrics: { readers: [pullReader(ports.jaeger.metrics)] } },
    },
  };
}
