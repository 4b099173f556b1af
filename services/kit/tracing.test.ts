import { afterEach, expect, test } from 'vitest';
import { type Collector, startCollector } from '../testing/otlp-collector.ts';
import { dialThrough } from './dial.ts';
import { jsonLog } from './log.ts';
import { startTracing } from './tracing.ts';

const said: string[] = [];
const log = jsonLog({ level: 'debug', fields: {}, write: (line) => said.push(line), now: () => 0 });
const traceId = '0af7651916cd43dd8448eb211c80319c';
const parent = { traceId, spanId: 'b7ad6b7169203331', sampled: true, state: 'vendor=1' };
const collectors: Collector[] = [];
afterEach(async () => {
  for (const one of collectors.splice(0)) await one.close();
});

async function tracingTo(endpoint: string, service = 'accounts') {
  return startTracing({ endpoint, resource: { 'service.name': service }, dial: dialThrough(undefined), log });
}

async function collector(): Promise<Collector> {
  const one = await startCollector();
  collectors.push(one);
  return one;
}

test('spans reach the collector by the time that shutdown resolves, with parent, resource and error', async () => {
  const { url, spans } = await collector();
  const tracing = await tracingTo(url);
  const span = tracing.start('GET /v1/accounts', 'server', parent);
  expect(span.trace).toMatchObject({ traceId, sampled: true, state: 'vendor=1' });
  expect(span.trace.spanId).not.toBe(parent.spanId);
  const inner = tracing.start('select', 'client', span.trace);
  inner.end();
  span.end({ 'http.route': '/v1/accounts' }, '500');
  await tracing.shutdown();
  expect(spans()).toMatchObject([
    { service: 'accounts', traceId, name: 'select', parentSpanId: span.trace.spanId },
    { service: 'accounts', traceId, name: 'GET /v1/accounts', spanId: span.trace.spanId, parentSpanId: parent.spanId },
  ]);
});

test('a caller that does not sample is not recorded, and its trace goes on', async () => {
  const { url, spans } = await collector();
  const tracing = await tracingTo(url);
  const span = tracing.start('x', 'server', { ...parent, sampled: false });
  expect(span.trace).toMatchObject({ traceId, sampled: false });
  span.end();
  await tracing.shutdown();
  expect(spans()).toEqual([]);
});

test('after a shutdown the process can trace anew, to another collector', async () => {
  const [first, second] = [await collector(), await collector()];
  for (const { url } of [first, second]) {
    const tracing = await tracingTo(url, url);
    tracing.start('root', 'server', undefined).end();
    await tracing.shutdown();
  }
  expect(first.spans()).toMatchObject([{ service: first.url, name: 'root' }]);
  expect(second.spans()).toMatchObject([{ service: second.url, name: 'root' }]);
});

test('a collector that is away neither breaks the shutdown nor goes unsaid', async () => {
  const gone = await startCollector();
  await gone.close();
  const tracing = await tracingTo(gone.url);
  tracing.start('root', 'server', undefined).end();
  await tracing.shutdown();
  expect(said.join('')).toContain('were not delivered');
});

test('without an endpoint a trace goes on as it came', async () => {
  const tracing = await startTracing({ resource: {}, dial: dialThrough(undefined), log });
  expect(tracing.start('x', 'server', parent).trace).toBe(parent);
});
