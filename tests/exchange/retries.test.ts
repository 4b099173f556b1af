import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { loadOf } from '../load.ts';

/** `2.1.0-errors` answers every fifth request with 500, `2.1.0-latency` every third 300 ms late. */
const errorShare = 0.2;
const lateShare = 1 / 3;
const requests = 300;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
}
interface Route {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly rules: readonly object[] };
  readonly status?: { readonly parents?: readonly { readonly conditions?: readonly Condition[] }[] };
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

/** Changes every rule of the edge's route to accounts and waits until the sidecars said that it is in force. */
async function withRule(fields: Readonly<Record<string, unknown>>): Promise<void> {
  const route = await exchange.get<Route>('httproute', 'edge-accounts');
  const rules = route.spec.rules.map((rule) => ({ ...rule, ...fields }));
  await exchange.kubectl(
    'patch',
    'httproute',
    'edge-accounts',
    '--type=merge',
    '-p',
    JSON.stringify({ spec: { rules } }),
  );
  await eventually(
    'the route is in force',
    10_000,
    () => exchange.get<Route>('httproute', 'edge-accounts'),
    ({ metadata, status }) =>
      (status?.parents ?? []).some(({ conditions = [] }) =>
        conditions.some(
          ({ type, status: value, observedGeneration }) =>
            type === 'Programmed' && value === 'True' && observedGeneration === metadata.generation,
        ),
      ),
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
  const patient = await loadOf(exchange, 'rest', requests, 4, 100);
  expect(patient.ok, JSON.stringify(patient.faults)).toBe(patient.sent);
  await withRule({ timeouts: { request: '100ms' } });
  const hasty = await loadOf(exchange, 'rest', requests, 4, 100);
  process.stdout.write(
    `2.1.0-latency: p99 ${patient.latency.p99Ms.toFixed(0)} ms; with a timeout of 100 ms ${hasty.failed}/${hasty.sent} failed, ${JSON.stringify(hasty.reasons)}\n`,
  );
  expect(hasty.failed / hasty.sent).toBeGreaterThan(lateShare * 0.8);
  expect(hasty.failed / hasty.sent).toBeLessThan(lateShare * 1.2);
  expect(Object.keys(hasty.reasons).join()).toContain('504');
});
