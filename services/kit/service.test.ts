import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { type TestExchange, testExchange } from '../testing/exchange.ts';
import { until } from '../testing/wait.ts';
import { httpServer } from './http-server.ts';
import { faultOf } from './rehearsal.ts';
import { httpFaults } from './rehearsal-http.ts';
import type { Release, ServiceDefinition } from './service.ts';

const none = z.object({});
const exchanges: TestExchange[] = [];
afterEach(async () => {
  for (const exchange of exchanges.splice(0)) await exchange.close();
});

interface Gate {
  readonly definition: ServiceDefinition<typeof none>;
  readonly open: () => void;
  readonly entered: Promise<void>;
}

/** A service whose `/slow` answers when the test says so. */
function gated(): Gate {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const definition: ServiceDefinition<typeof none> = {
    name: 'gated',
    settings: none,
    build: async ({ release, metrics, tracing, log }) => {
      const faults = release.fault && httpFaults(release.fault, false);
      const served = httpServer(
        async (request, response) => {
          if (request.url === '/slow') {
            entered.resolve();
            await gate.promise;
          }
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ balance: '1.00', trace: request.headers.traceparent ?? null }));
        },
        { release: release.version, metrics, tracing, log, faults },
      );
      return { ...served, checks: {}, close: async () => {} };
    },
  };
  return { definition, open: () => gate.resolve(), entered: entered.promise };
}

async function started(
  release: Release = { version: '1.4.0', contracts: ['v1'] },
  environment: Record<string, string> = {},
) {
  const exchange = await testExchange();
  exchanges.push(exchange);
  const gate = gated();
  return { gate, running: await exchange.start(gate.definition, release, { environment }) };
}

test('a request in flight is finished with "Connection: close", the next one finds nobody', async () => {
  const { gate, running } = await started();
  const slow = running.send({ path: '/slow' });
  await gate.entered;
  const stopped = running.stop();
  await until('drain has begun', async () => ((await running.admin('/readyz')).status === 503 ? true : undefined));
  await expect(running.send({ path: '/' })).rejects.toMatchObject({ code: 'provider-away' });
  gate.open();
  expect(await slow).toMatchObject({ status: 200, headers: { connection: 'close', 'x-parley-release': '1.4.0' } });
  expect(await stopped).toBe(true);
});

test('it serves on while DRAIN_DELAY_MS lasts, though it is not ready', async () => {
  const { running } = await started(undefined, { DRAIN_DELAY_MS: '300' });
  const stopped = running.stop();
  await until('not ready', async () => ((await running.admin('/readyz')).status === 503 ? true : undefined));
  expect((await running.send({ path: '/' })).status).toBe(200);
  expect(await stopped).toBe(true);
});

test('what outlasts DRAIN_TIMEOUT_MS is cut, and the stop says so', async () => {
  const { gate, running } = await started(undefined, { DRAIN_TIMEOUT_MS: '50' });
  const slow = running.send({ path: '/slow' });
  await gate.entered;
  const [cut, stopped] = await Promise.allSettled([slow, running.stop()]);
  expect(cut).toMatchObject({ status: 'rejected' });
  expect(stopped).toMatchObject({ value: false });
});

test('an idle connection does not hold the drain up', async () => {
  const { running } = await started();
  const idle = connect({ path: running.socket });
  idle.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await new Promise((resolve) => idle.once('data', resolve));
  idle.resume();
  expect(await running.stop()).toBe(true);
  idle.destroy();
});

test('metrics tell contract, caller, outcome; the trace is passed on', async () => {
  const { running } = await started();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const forwarded = 'By=spiffe://cluster.local/ns/exchange/sa/gated;URI=spiffe://cluster.local/ns/exchange/sa/orders';
  const answer = await running.send({ path: '/', headers: { traceparent, 'x-forwarded-client-cert': forwarded } });
  expect(answer.body).toMatchObject({ trace: traceparent });
  const text = await running.metrics();
  expect(text).toMatch(
    /parley_requests_total\{contract="none",caller="orders",method="GET",operation="unmatched",status="200",outcome="ok",service="gated",release="1.4.0"\} 1/,
  );
  expect(text).toContain('process_resident_memory_bytes');
});

test.each([
  ['2.1.0-errors', { status: 500 }],
  ['2.1.0-wrong-body', { status: 200, body: { unexpected: expect.any(String) } }],
] as const)('%s is wrong in one answer of five', async (version, wrong) => {
  const { running } = await started({ version, contracts: ['v1', 'v2'], fault: faultOf('accounts', version) });
  const answers = [];
  for (let n = 0; n < 10; n += 1) answers.push(await running.send({ path: '/v1/x' }));
  const right = answers.filter(({ status, body }) => status === 200 && JSON.stringify(body).includes('balance'));
  expect(right).toHaveLength(8);
  expect(answers[4]).toMatchObject(wrong);
});

test('2.1.0-breaks-v1 renames the field in v1 and leaves v2 alone', async () => {
  const { running } = await started({
    version: '2.1.0-breaks-v1',
    contracts: ['v1', 'v2'],
    fault: faultOf('accounts', '2.1.0-breaks-v1'),
  });
  expect((await running.send({ path: '/v1/x' })).body).toEqual({ amount: '1.00', trace: expect.any(String) });
  expect((await running.send({ path: '/v2/x' })).body).toEqual({ balance: '1.00', trace: expect.any(String) });
});

test('2.1.0-crash breaks after its time', async () => {
  const { running } = await started(
    { version: '2.1.0-crash', contracts: ['v1'], fault: faultOf('accounts', '2.1.0-crash') },
    { FAULT_CRASH_AFTER_MS: '20' },
  );
  const alive = setInterval(() => {}, 1_000);
  await expect(running.service.broken).rejects.toThrow('crashes on purpose');
  clearInterval(alive);
});
