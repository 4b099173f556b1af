import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DemoRow } from '../../cli/rollout/demo.ts';
import type { RolloutResource } from '../../rollout/resource/rollout.ts';
import { eventually } from '../eventually.ts';
import { openSite, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

interface Status {
  readonly target: { readonly running: boolean };
  readonly services: readonly { readonly name: string; readonly releases: readonly object[] }[];
}

async function status(): Promise<Status> {
  return JSON.parse((await site.attempt(['status', '-o', 'json'])).stdout) as Status;
}

const releases = async () => (await status()).services.find(({ name }) => name === 'accounts')?.releases;

test('make canary where nothing runs: the good one is promoted, the bad one rolled back, and nothing runs', async () => {
  const { code, stdout, stderr, durationMs } = await site.attempt(['rollout', 'demo', '-o', 'json']);
  expect(code, stderr).toBe(0);
  const { rows } = JSON.parse(stdout) as { readonly rows: readonly DemoRow[] };
  process.stdout.write(`canary in ${(durationMs / 1000).toFixed(0)} s: ${JSON.stringify(rows)}\n`);
  const [good, bad] = rows;
  expect(good).toMatchObject({ release: '2.0.0', outcome: 'Promoted', verdict: 'pass', failed: 0 });
  expect(bad).toMatchObject({ release: '2.1.0-errors', outcome: 'RolledBack', verdict: 'fail' });
  expect(bad?.failed).toBeGreaterThan(0);
  expect(bad?.failed, 'callers who saw an error').toBeLessThanOrEqual(bad?.bound ?? 0);
  expect((await status()).target.running).toBe(false);
});

test('an interrupted demonstration takes back what it began: the releases and weights are those from before', async () => {
  await site.parley('up', '--target', 'embedded');
  await site.parley('release', 'accounts', '2.0.0');
  await site.parley('split', 'accounts', '1.4.0=70', '2.0.0=30');
  const before = await releases();
  const demo = site.begin('rollout', 'demo');
  const rollout = () => site.get<RolloutResource>('rollouts.parley.dev', 'accounts');
  await eventually('an attempt is judged', 60_000, rollout, ({ status: seen }) => seen?.phase === 'Analysing');
  demo.child.kill('SIGINT');
  const { code, stderr } = await demo.finished;
  expect(code, stderr).toBe(130);
  expect(await releases()).toEqual(before);
  expect((await rollout()).status?.phase).toBe('Aborted');
});
