import type { PodList } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Exchange, startExchange } from '../exchange.ts';
import { figures, loadWhile } from '../load.ts';
import { rollDeployment } from '../pods.ts';
import { testPlace } from '../target.ts';
import { amountsOf } from './amounts.ts';
import { test } from './suite.ts';

const { rolls, weightChanges, atOnce, load } = amountsOf(testPlace().target);
const providers = ['accounts', 'orders'] as const;
const consumers = ['portfolio'] as const;
const rolled = [...providers, ...consumers];
type Rolled = (typeof rolled)[number];

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
  for (const service of rolled) await exchange.parley('release', service, '2.0.0');
});
afterAll(() => exchange.stop());

/** Pods of a Deployment by uid: which ones there were tells whether it was really rolled. */
async function podsOf(service: string): Promise<string[]> {
  const { items } = await exchange.get<PodList>('pods', '-l', `app.kubernetes.io/name=${service}`);
  return items.map(({ metadata }) => metadata?.uid ?? '');
}

test(`no request fails while providers and consumer are rolled ${rolls} times each and weights change ${weightChanges} times`, async () => {
  const seen = new Map<Rolled, Set<string>>(rolled.map((service) => [service, new Set()]));
  const report = await loadWhile(
    exchange,
    async () => {
      const rollAll = async (services: readonly Rolled[]) => {
        for (let round = 0; round < rolls; round++) {
          for (const service of services) {
            for (const uid of await podsOf(service)) seen.get(service)?.add(uid);
            await rollDeployment(exchange, `${service}-${round % 2 === 0 ? '1-4-0' : '2-0-0'}`);
          }
        }
      };
      const weights = async () => {
        for (let change = 0; change < weightChanges; change++) {
          const service = rolled[change % rolled.length] ?? 'accounts';
          const share = [100, 50, 10, 0][change % 4] ?? 0;
          await exchange.parley('split', service, `1.4.0=${100 - share}`, `2.0.0=${share}`);
        }
      };
      const changes = [() => rollAll(providers), () => rollAll(consumers), weights];
      if (atOnce) await Promise.all(changes.map((change) => change()));
      else for (const change of changes) await change();
    },
    load,
  );
  process.stdout.write(`rolling, retries off: ${figures(report)}`);
  for (const service of rolled)
    expect(seen.get(service)?.size, `Pods of ${service} that there were`).toBeGreaterThanOrEqual(rolls);
  expect(report.failed + report.wrong, figures(report)).toBe(0);
  expect(report.ok).toBe(report.sent);
  for (const kind of report.kinds) {
    expect(kind.sent, kind.kind).toBeGreaterThan(0);
    expect(kind.streams.gaps + kind.streams.duplicates, kind.kind).toBe(0);
    expect(Object.keys(kind.releases).sort(), kind.kind).toEqual(['1.4.0', '2.0.0']);
  }
});

test('the control: the same load sees failures when Pods are deleted without drain', async () => {
  for (const service of rolled) await exchange.parley('split', service, '1.4.0=50', '2.0.0=50');
  const report = await loadWhile(
    exchange,
    async () => {
      for (const service of rolled) {
        await exchange.kubectl(
          'delete',
          'pods',
          '-l',
          `app.kubernetes.io/name=${service}`,
          '--grace-period=0',
          '--force',
        );
        for (const release of ['1-4-0', '2-0-0']) {
          await exchange.kubectl('rollout', 'status', `deployment/${service}-${release}`, '--timeout=60s');
        }
      }
    },
    load,
  );
  process.stdout.write(`control without drain: ${figures(report)}`);
  expect(report.failed).toBeGreaterThan(0);
  expect(report.ok + report.failed + report.wrong).toBe(report.sent);
});
