import { afterAll, beforeAll, expect } from 'vitest';
import { type RolloutResource, type RolloutSpec, rolloutKind } from '../../rollout/resource/rollout.ts';
import type { KindLoad } from '../../verify/load/caller.ts';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { figures, loadWhile } from '../load.ts';
import { testPlace } from '../target.ts';
import { amountsOf } from './amounts.ts';
import { test } from './suite.ts';

const { rollouts, judgedLoad } = amountsOf(testPlace().target);
type Service = keyof typeof rollouts;
const services = Object.keys(rollouts) as Service[];
const total = Object.values(rollouts).reduce((sum, each) => sum + each, 0);
const releases = ['1.4.0', '2.0.0'] as const;
const answeredBy: Readonly<Record<string, Service>> = {
  rest: 'accounts',
  'grpc-unary': 'orders',
  graphql: 'portfolio',
};

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
  for (const service of services) await exchange.parley('release', service, '2.0.0');
});
afterAll(() => exchange.stop());

/** Half of the requests, then all of them; errors of one percent, so that a hundred rollouts are a matter of minutes. */
function specOf(service: Service, round: number): RolloutSpec {
  const candidate = releases[(round + 1) % 2] ?? releases[0];
  return {
    service,
    candidate,
    strategy: { canary: { steps: [{ weight: 50 }] } },
    checks: [{ name: 'errors', errorRate: {} }],
    decision: { falseAlarm: '1%', missed: '1%' },
    // Every second one goes back to a release that does not serve contract v2, which nobody calls here.
    gates: { contract: false },
  };
}

async function rollOut(service: Service, round: number): Promise<void> {
  const spec = specOf(service, round);
  const object = { ...rolloutKind, metadata: { name: service }, spec };
  const applied = await exchange.attemptKubectl(['apply', '-f', '-'], JSON.stringify(object));
  expect(applied.code, applied.stderr).toBe(0);
  const ended = await eventually(
    `rollout ${round + 1} of ${service}`,
    120_000,
    async () => (await exchange.get<RolloutResource>('rollout', service)).status,
    (status) => status?.history?.[0]?.candidate === spec.candidate && status.history[0].attempt === round + 1,
  );
  expect(ended?.history?.[0]?.outcome, JSON.stringify(ended?.history?.[0])).toBe('Promoted');
}

function inLoad(work: () => Promise<unknown>, kinds: readonly KindLoad[] = judgedLoad) {
  return loadWhile(exchange, async () => void (await work()), kinds);
}

test(`${total} good rollouts: no request fails`, async () => {
  const startedAt = performance.now();
  const report = await inLoad(() =>
    Promise.all(
      services.map(async (service) => {
        for (let round = 0; round < rollouts[service]; round++) await rollOut(service, round);
      }),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  process.stdout.write(`${total} good rollouts in ${seconds.toFixed(0)} s, retries off: ${figures(report)}`);
  expect(report.failed + report.wrong, figures(report)).toBe(0);
  expect(report.ok).toBe(report.sent);
  for (const kind of report.kinds) {
    expect(kind.streams.gaps + kind.streams.duplicates, kind.kind).toBe(0);
    const service = answeredBy[kind.kind];
    const answered = service && rollouts[service] > 0 ? [...releases] : ['1.4.0'];
    expect(Object.keys(kind.releases).sort(), kind.kind).toEqual(answered);
  }
});

test('the control: a release that is taken away before its traffic is loses requests', async () => {
  const report = await inLoad(async () => {
    for (const service of services) {
      const pods = ['-l', `app.kubernetes.io/name=${service}`, '--grace-period=0', '--force'];
      await exchange.kubectl('delete', 'pods', ...pods);
      for (const release of releases) {
        const name = `deployment/${service}-${release.replaceAll('.', '-')}`;
        await exchange.kubectl('rollout', 'status', name, '--timeout=60s');
      }
    }
  });
  process.stdout.write(`control without a rollout: ${figures(report)}`);
  expect(report.failed).toBeGreaterThan(0);
  expect(report.ok + report.failed + report.wrong).toBe(report.sent);
});
