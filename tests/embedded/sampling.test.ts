import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Collector, startCollector } from '../../services/testing/otlp-collector.ts';
import { eventually } from '../eventually.ts';
import { loadOf } from '../load.ts';
import { complete } from '../trace-tree.ts';
import { openSite, type Site } from './site.ts';

let collector: Collector;
let exchange: Site;
beforeAll(async () => {
  collector = await startCollector();
  exchange = await openSite({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  await exchange.parley('up', '--target', 'embedded');
});
afterAll(async () => {
  await exchange?.stop();
  await collector?.close();
});

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

test('requests that nobody asked to record are recorded by the share of the Telemetry object, whole', async () => {
  await sampleAll();
  const wanted = ['portfolio', 'accounts', 'orders'];
  await eventually(
    `a trace with ${wanted.join(', ')}`,
    30_000,
    async () => {
      const answered = await loadOf(exchange, 'graphql', 1, 1);
      expect(answered.ok, JSON.stringify(answered.faults)).toBe(1);
      return [...Map.groupBy(collector.spans(), ({ traceId }) => traceId).values()];
    },
    (traces) => traces.some((spans) => complete(spans, wanted)),
  );
});
