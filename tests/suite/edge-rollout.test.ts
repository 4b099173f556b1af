import { request } from 'node:http';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Exchange, startExchange } from '../exchange.ts';
import { figures, loadWhile } from '../load.ts';
import { allReady, podsOf, rollDeployment } from '../pods.ts';
import { testPlace } from '../target.ts';
import { amountsOf } from './amounts.ts';
import { test } from './suite.ts';

const { edgeRolls: rolls, load } = amountsOf(testPlace().target);
const clients = 8;

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
  await exchange.kubectl('scale', 'deployment/edge', '--replicas=2');
  await exchange.kubectl('rollout', 'status', 'deployment/edge', '--timeout=60s');
  await allReady(exchange);
});
afterAll(() => exchange.stop());

/** One request over a connection of its own: the status, or why there is none. */
function askOnce(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const place = { host: '127.0.0.1', port: exchange.httpPort, path: '/oauth/jwks', agent: false, timeout: 10_000 };
  const sent = request(place, (response) => {
    response.on('error', (error) => resolve(String(error)));
    response.on('end', () => resolve(String(response.statusCode)));
    response.resume();
  });
  sent.on('timeout', () => sent.destroy(new Error('no answer in 10 s')));
  sent.on('error', (error) => resolve(String(error)));
  sent.end();
  return promise;
}

/** Outcomes of clients that connect anew for every request, as long as `work` takes. */
async function connectWhile(work: () => Promise<void>): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  const ended = new AbortController();
  const asking = Array.from({ length: clients }, async () => {
    while (!ended.signal.aborted) {
      const outcome = await askOnce();
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  });
  await work().finally(() => ended.abort());
  await Promise.all(asking);
  return outcomes;
}

/** Those that are to stay: one that ends may serve its last requests for a while. */
const edgePods = async () =>
  (await podsOf(exchange, 'edge'))
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata?.uid);

async function rollEdge(): Promise<void> {
  for (let round = 0; round < rolls; round += 1) await rollDeployment(exchange, 'edge');
}

test('with two edges everything answers', async () => {
  expect(await edgePods()).toHaveLength(2);
  await exchange.parley('try');
});

test(`new connections are neither refused nor reset while two edges are rolled ${rolls} times`, async () => {
  const before = await edgePods();
  const expected = await askOnce();
  const outcomes = await connectWhile(rollEdge);
  process.stdout.write(`edge rolled, a connection per request: ${JSON.stringify(Object.fromEntries(outcomes))}\n`);
  expect([...outcomes.keys()]).toEqual([expected]);
  expect((await edgePods()).filter((uid) => before.includes(uid))).toEqual([]);
});

test('open connections of every conversation move to the next edge without a failed request', async () => {
  const report = await loadWhile(exchange, rollEdge, load);
  process.stdout.write(`edge rolled, kept connections, retries off: ${figures(report)}`);
  expect(report.failed + report.wrong, figures(report)).toBe(0);
});
