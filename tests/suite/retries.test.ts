import { afterAll, beforeAll, expect } from 'vitest';
import { binomialBounds } from '../binomial.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { http } from '../http.ts';
import { loadOf } from '../load.ts';
import { allReady, podsOf } from '../pods.ts';
import { test } from './suite.ts';

/** `2.1.0-errors` answers every fifth request with 500, `2.1.0-latency` every third 300 ms late. */
const errorShare = 0.2;
const lateShare = 1 / 3;
const requests = 300;

interface Route {
  readonly spec: { readonly rules: readonly object[] };
}

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
  for (const release of ['2.1.0-errors', '2.1.0-latency']) await exchange.parley('release', 'accounts', release);
});
afterAll(() => exchange.stop());

function only(release: string): Promise<unknown> {
  const all = ['1.4.0', '2.1.0-errors', '2.1.0-latency'];
  return exchange.parley('split', 'accounts', ...all.map((each) => `${each}=${each === release ? 100 : 0}`));
}

/** Changes every rule of the edge's route to accounts and waits until it is in force. */
async function withRule(fields: Readonly<Record<string, unknown>>): Promise<void> {
  const route = await exchange.get<Route>('httproute', 'edge-accounts');
  const rules = route.spec.rules.map((rule) => ({ ...rule, ...fields }));
  const patch = JSON.stringify({ spec: { rules } });
  await exchange.routeInForce('edge-accounts', () =>
    exchange.kubectl('patch', 'httproute', 'edge-accounts', '--type=merge', '-p', patch),
  );
}

async function failedShare(): Promise<number> {
  const report = await loadOf(exchange, 'rest', requests, 4, 100);
  return (report.failed + report.wrong) / report.sent;
}

test('nobody asked for retries: the caller sees the share of errors that the release makes', async () => {
  await only('2.1.0-errors');
  const share = await failedShare();
  process.stdout.write(`2.1.0-errors without retries: ${(share * 100).toFixed(1)} % failed\n`);
  expect(share).toBeGreaterThan(errorShare * 0.8);
  expect(share).toBeLessThan(errorShare * 1.2);
});

test('retries in the route: the errors are hidden, and shown again when they are taken out', async () => {
  await withRule({ retry: { codes: [500], attempts: 3, backoff: '5ms' } });
  const share = await failedShare();
  process.stdout.write(`2.1.0-errors with 3 retries: ${(share * 100).toFixed(1)} % failed\n`);
  expect(share).toBeLessThan(errorShare / 10);
  await withRule({ retry: null });
  expect(await failedShare()).toBeGreaterThan(errorShare * 0.8);
});

test('a timeout in the route: late answers fail at once, the others do not', async () => {
  await only('2.1.0-latency');
  const patient = await loadOf(exchange, 'rest', requests, 40, 100);
  expect(patient.ok, JSON.stringify(patient.faults)).toBe(patient.sent);
  await withRule({ timeouts: { request: '200ms' } });
  const hasty = await loadOf(exchange, 'rest', requests, 40, 100);
  process.stdout.write(
    `2.1.0-latency: p99 ${patient.latency.p99Ms.toFixed(0)} ms; with a timeout of 200 ms ${hasty.failed}/${hasty.sent} failed, ${JSON.stringify(hasty.reasons)}\n`,
  );
  expect(hasty.failed / hasty.sent).toBeGreaterThan(lateShare * 0.8);
  expect(hasty.failed / hasty.sent).toBeLessThan(lateShare * 1.2);
  expect(Object.keys(hasty.reasons).join()).toContain('504');
});

test('outlier detection: a Pod that does not answer is left out after five errors; without it, half of the calls go on failing', async () => {
  await only('1.4.0');
  await withRule({ timeouts: { request: '500ms' } });
  await exchange.kubectl('scale', 'deployment/accounts-1-4-0', '--replicas=2');
  await exchange.kubectl('rollout', 'status', 'deployment/accounts-1-4-0', '--timeout=60s');
  const guarded = await failuresWhileFrozen();
  const rules = await exchange.get<{ items: { metadata: { name: string }; spec: { host: string } }[] }>(
    'destinationrules',
  );
  for (const { metadata, spec } of rules.items) {
    if (spec.host.startsWith('accounts')) await exchange.kubectl('delete', 'destinationrule', metadata.name);
  }
  const unguarded = await failuresWhileFrozen();
  const leftOutAtMs = guarded[consecutiveErrors - 1] ?? Number.POSITIVE_INFINITY;
  const meanwhile = guarded.filter((atMs) => atMs <= leftOutAtMs + ejectionMs);
  process.stdout.write(
    `one Pod of two frozen: ${guarded.length}/${frozenCalls} failed, ${meanwhile.length} of them before it was let in again; without outlier detection ${unguarded.length}/${frozenCalls}\n`,
  );
  expect(meanwhile.length, `failures at ${guarded.map(Math.round)} ms`).toBe(consecutiveErrors);
  expect(unguarded.length).toBeGreaterThanOrEqual(binomialBounds(frozenCalls, 0.5).low);
  expect(unguarded.length).toBeGreaterThan(guarded.length);
});

const frozenCalls = 40;
/** The exchange's own outlier detection: after so many errors a Pod is left out for so long (mesh/exchange.ts). */
const consecutiveErrors = 5;
const ejectionMs = 5_000;

/** When calls failed, of so many, one after the other, while one Pod of two takes connections and does not answer; milliseconds. */
async function failuresWhileFrozen(): Promise<number[]> {
  await allReady(exchange);
  const authorization = `Bearer ${await exchange.token()}`;
  const pods = await podsOf(exchange, 'accounts');
  const pod = pods.find(({ metadata }) => metadata?.labels?.['app.kubernetes.io/version'] === '1.4.0');
  if (!pod) throw new Error('no Pod of accounts 1.4.0');
  const { thaw } = await exchange.freeze(pod);
  const failures: number[] = [];
  try {
    for (let call = 0; call < frozenCalls; call++) {
      const { status } = await http(`${exchange.http}/v1/accounts`, { headers: { authorization } });
      if (status !== 200) failures.push(performance.now());
    }
  } finally {
    await thaw();
  }
  return failures;
}
