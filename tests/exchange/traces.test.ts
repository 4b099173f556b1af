import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Span } from '../../services/testing/otlp.ts';
import { type Collector, startCollector } from '../../services/testing/otlp-collector.ts';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { loadOf } from '../load.ts';

let collector: Collector;
let exchange: Exchange;
beforeAll(async () => {
  collector = await startCollector();
  exchange = await startExchange({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
});
afterAll(async () => {
  await exchange?.stop();
  await collector.close();
});

/** Spans whose parent is not among them; one tree has exactly one. */
function roots(spans: readonly Span[]): Span[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
}

/** Services on the way from a span up to the root. */
function ancestors(span: Span, spans: readonly Span[]): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return parent ? [parent.service, ...ancestors(parent, spans)] : [];
}

interface Telemetry {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly tracing: readonly object[] };
}

/** Of the share that `up` sets no single request is sure to be traced. */
async function sampleAll(): Promise<void> {
  const { items } = await exchange.get<{ items: Telemetry[] }>('telemetries');
  for (const { metadata, spec } of items) {
    const tracing = spec.tracing.map((one) => ({ ...one, randomSamplingPercentage: 100 }));
    const patch = JSON.stringify({ spec: { tracing } });
    await exchange.kubectl('patch', 'telemetry', metadata.name, '--type=merge', '-p', patch);
  }
  expect(items).not.toEqual([]);
}

test('a trace that the caller records goes on through every sidecar, whatever share of the others they draw', async () => {
  const opened = await loadOf(exchange, 'graphql', 1, 1);
  expect(opened.ok, JSON.stringify(opened.faults)).toBe(1);
  const headers = {
    authorization: `Bearer ${await exchange.token()}`,
    'content-type': 'application/json',
  };
  const query = '{ me { accounts { id orders(last: 1) { id } } } }';
  for (const recorded of Array.from({ length: 5 }, () => randomBytes(16).toString('hex'))) {
    const traceparent = `00-${recorded}-00f067aa0ba902b7-01`;
    const body = JSON.stringify({ query });
    const answer = await fetch(`${exchange.http}/graphql`, {
      method: 'POST',
      headers: { ...headers, traceparent },
      body,
    });
    expect(answer.status).toBe(200);
    await eventually(
      `the whole of trace ${recorded}`,
      30_000,
      () => collector.spans().filter(({ traceId }) => traceId === recorded),
      (spans) => complete(spans, ['portfolio', 'accounts', 'orders', 'edge']),
    );
  }
});

test('one request through portfolio is one connected trace, of applications and of sidecars', async () => {
  const wanted = ['portfolio', 'accounts', 'orders'];
  await sampleAll();
  const trace = await eventually(
    `a trace with ${wanted.join(', ')}`,
    30_000,
    async () => {
      const answered = await loadOf(exchange, 'graphql', 1, 1);
      expect(answered.ok, JSON.stringify(answered.faults)).toBe(1);
      return [...Map.groupBy(collector.spans(), ({ traceId }) => traceId).values()];
    },
    (traces) => traces.some((spans) => complete(spans, wanted)),
  );
  const spans = trace.find((each) => complete(each, wanted)) ?? [];
  process.stdout.write(`trace: ${spans.map(({ service, name, kind }) => `${service} ${name} (${kind})`).join('; ')}\n`);
  expect(roots(spans).map(({ service, name }) => `${service} ${name}`)).toHaveLength(1);
  for (const provider of ['accounts', 'orders']) {
    const served = spans.filter(({ service, kind }) => service.startsWith(provider) && kind === 2);
    // One by the sidecar on the way in, one by the application.
    expect(served.length, provider).toBeGreaterThanOrEqual(2);
    for (const span of served)
      expect(ancestors(span, spans).some((service) => service.startsWith('portfolio'))).toBe(true);
  }
});

function complete(spans: readonly Span[], wanted: readonly string[]): boolean {
  return roots(spans).length === 1 && wanted.every((service) => spans.some((span) => span.service.startsWith(service)));
}
