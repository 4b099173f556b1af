import { afterAll, beforeAll, expect } from 'vitest';
import type { LoadKind } from '../../verify/load/kinds.ts';
import { binomialBounds } from '../binomial.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { loadOf, openCall } from '../load.ts';
import { answeredBy } from '../service-metrics.ts';
import { testPlace } from '../target.ts';
import { amountsOf } from './amounts.ts';
import { test } from './suite.ts';

const requests = 400;
const { turns } = amountsOf(testPlace().target);
/** One kind per conversation; `grpc-unary` on one connection shows that calls are divided, not channels. */
const conversations = [
  { service: 'accounts', kind: 'rest', connections: 4 },
  { service: 'orders', kind: 'grpc-unary', connections: 1 },
  { service: 'portfolio', kind: 'graphql', connections: 4 },
] as const satisfies readonly { service: string; kind: LoadKind; connections: number }[];

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
  for (const { service } of conversations) await exchange.parley('release', service, '2.0.0');
});
afterAll(() => exchange.stop());

function split(service: string, share: number): Promise<unknown> {
  return exchange.parley('split', service, `1.4.0=${100 - share}`, `2.0.0=${share}`);
}

for (const { service, kind, connections } of conversations) {
  for (const share of [10, 50, 100, 0]) {
    test(`${kind}: ${100 - share}/${share} through the edge`, async () => {
      await split(service, share);
      const report = await loadOf(exchange, kind, requests, connections);
      const { low, high } = binomialBounds(report.sent, share / 100);
      const seen = report.releases['2.0.0']?.ok ?? 0;
      process.stdout.write(`${kind} ${100 - share}/${share}: ${report.sent - seen}/${seen}, bounds ${low}..${high}\n`);
      expect(report.ok, JSON.stringify(report.faults)).toBe(report.sent);
      expect(seen).toBeGreaterThanOrEqual(low);
      expect(seen).toBeLessThanOrEqual(high);
    });
  }

  test(`${kind}: the very next request on an open connection obeys a split that has returned`, async () => {
    await split(service, 0);
    const caller = await openCall(exchange, kind);
    try {
      expect(await caller.call()).toEqual({ kind: 'ok', release: '1.4.0' });
      for (const share of Array.from({ length: turns }, () => [100, 0]).flat()) {
        await split(service, share);
        expect(await caller.call()).toEqual({ kind: 'ok', release: share === 100 ? '2.0.0' : '1.4.0' });
      }
    } finally {
      await caller.close();
    }
  });
}

test('between services: portfolio follows the mesh routes of accounts and orders', async () => {
  for (const service of ['accounts', 'orders', 'portfolio']) await split(service, service === 'portfolio' ? 0 : 30);
  const callees = ['accounts', 'orders'];
  const before = await Promise.all(callees.map((service) => answeredBy(exchange, service, 'portfolio')));
  const report = await loadOf(exchange, 'graphql', requests, 4);
  expect(report.ok, JSON.stringify(report.faults)).toBe(report.sent);
  for (const [index, service] of callees.entries()) {
    const after = await answeredBy(exchange, service, 'portfolio');
    const gained = (release: string) => (after[release] ?? 0) - (before[index]?.[release] ?? 0);
    const total = gained('1.4.0') + gained('2.0.0');
    const { low, high } = binomialBounds(total, 0.3);
    process.stdout.write(
      `portfolio -> ${service} 70/30: ${gained('1.4.0')}/${gained('2.0.0')}, bounds ${low}..${high}\n`,
    );
    expect(total).toBeGreaterThan(requests / 4);
    expect(gained('2.0.0')).toBeGreaterThanOrEqual(low);
    expect(gained('2.0.0')).toBeLessThanOrEqual(high);
  }
});
