import { Agent } from 'node:http';
import type { Attributes, Context, Span as OtelSpan } from '@opentelemetry/api';
import type { Dial } from './dial.ts';
import type { Log } from './log.ts';
import { newTrace, type TraceContext } from './trace-context.ts';

/** OpenTelemetry's numbers (api SpanKind), written out so that a service without an exporter does not load the API. */
export const spanKinds = { internal: 0, server: 1, client: 2 } as const;
export type SpanKind = keyof typeof spanKinds;

export interface Span {
  /** What goes to providers: of this span, or, without an exporter, as the caller sent it. */
  readonly trace: TraceContext;
  /** Ends the span; `error` says why it failed. */
  end(attributes?: Attributes, error?: string): void;
}

export interface Tracing {
  start(name: string, kind: SpanKind, parent: TraceContext | undefined): Span;
  /** Sends what is left. Await it last, or the last spans are lost. */
  shutdown(): Promise<void>;
}

/** Hands traces on and keeps no spans. */
export const forwardOnly: Tracing = {
  start: (_name, _kind, parent) => ({ trace: parent ?? newTrace(false), end: () => {} }),
  shutdown: async () => {},
};

export interface TracingOptions {
  /** OTLP/HTTP base, e.g. `http://collector.observability.svc.cluster.local:4318`; absent: forwardOnly. */
  readonly endpoint?: string;
  readonly resource: Attributes;
  readonly dial: Dial;
  readonly log: Log;
}

/**
 * Spans by hand through NodeSDK, which is loaded only if there is somewhere to send them; docs/decisions/0007. It registers itself for the whole
 * process, so that there can be one at a time.
 */
export async function startTracing({ endpoint, resource, dial, log }: TracingOptions): Promise<Tracing> {
  if (endpoint === undefined) return forwardOnly;
  const [api, { BatchSpanProcessor }, { OTLPTraceExporter }, { NodeSDK }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/sdk-node'),
  ]);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    timeoutMillis: 5_000,
    httpAgentOptions: () => dialledAgent(dial),
  });
  // What is left out here NodeSDK takes from the environment: exporters of metrics and logs, resource detectors.
  const sdk = new NodeSDK({
    resourceDetectors: [{ detect: () => ({ attributes: resource }) }],
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    // trace-context.ts reads and writes traceparent, with and without the SDK.
    textMapPropagator: null,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: 16_384,
        maxExportBatchSize: 512,
        scheduledDelayMillis: 1_000,
      }),
    ],
  });
  sdk.start();
  const tracer = api.trace.getTracer('parley');
  return {
    start: (name, kind, parent) =>
      recorded(tracer.startSpan(name, { kind: spanKinds[kind] }, parentOf(parent)), parent),
    shutdown: async () => {
      await sdk
        .shutdown()
        .catch((cause: unknown) => log.warn('the last spans were not delivered', { reason: String(cause) }));
      for (const global of [api.trace, api.context, api.metrics, api.logs]) global.disable();
    },
  };

  function parentOf(parent: TraceContext | undefined): Context {
    if (!parent) return api.ROOT_CONTEXT;
    const { traceId, spanId, sampled } = parent;
    return api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId, traceFlags: sampled ? 1 : 0, isRemote: true });
  }
}

function recorded(span: OtelSpan, parent: TraceContext | undefined): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const trace: TraceContext = {
    traceId,
    spanId,
    sampled: (traceFlags & 1) === 1,
    ...(parent?.state !== undefined && { state: parent.state }),
  };
  return {
    trace,
    end: (attributes, error) => {
      if (attributes) span.setAttributes(attributes);
      if (error !== undefined) span.setStatus({ code: 2, message: error });
      span.end();
    },
  };
}

function dialledAgent(dial: Dial): Agent {
  const agent = new Agent({ keepAlive: true });
  agent.createConnection = (given) => dial.connect(given.host ?? 'localhost', Number(given.port));
  return agent;
}
