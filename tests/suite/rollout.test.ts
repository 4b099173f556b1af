import { afterAll, beforeAll, expect } from 'vitest';
import type { RolloutPhase } from '../../rollout/resource/rollout.ts';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { http } from '../http.ts';
import { figures, loadWhile } from '../load.ts';
import { testPlace } from '../target.ts';
import { amountsOf } from './amounts.ts';
import { test } from './suite.ts';

/** Calls of the service that is rolled out, and of nothing else. */
const load = amountsOf(testPlace().target).judgedLoad.filter(({ kind }) => kind === 'rest');
const bad = '2.1.0-errors';

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange({ traces: true });
});
afterAll(() => exchange.stop());

interface Document {
  readonly phase: RolloutPhase;
  readonly candidate: string;
  readonly message?: string;
}

interface StatusDocument {
  readonly services: readonly {
    readonly name: string;
    readonly rollout?: { readonly candidate: string };
    readonly releases: readonly { readonly version: string; readonly weight: number }[];
  }[];
}

/** Release -> weight, of those that have any. */
async function weights(): Promise<Record<string, number>> {
  const found = await accounts();
  const weighted = found.releases.filter(({ weight }) => weight > 0);
  return Object.fromEntries(weighted.map(({ version, weight }) => [version, weight]));
}

async function accounts(): Promise<StatusDocument['services'][number]> {
  const { stdout } = await exchange.attempt(['status', '-o', 'json']);
  const found = (JSON.parse(stdout) as StatusDocument).services.find(({ name }) => name === 'accounts');
  if (!found) throw new Error(`status knows no accounts: ${stdout}`);
  return found;
}

async function phaseIs(phase: RolloutPhase, candidate: string): Promise<void> {
  await eventually(
    `the rollout of ${candidate} is ${phase}`,
    60_000,
    async () =>
      JSON.parse((await exchange.attempt(['rollout', 'status', 'accounts', '-o', 'json'])).stdout) as Document,
    (seen) => seen.phase === phase && seen.candidate === candidate,
  );
}

/** `parley rollout start accounts ...`, and then how it ends. */
async function rollOut(...args: readonly string[]) {
  await exchange.parley('rollout', 'start', 'accounts', ...args);
  return exchange.attempt(['rollout', 'status', 'accounts', '--watch', '--timeout', '180s']);
}

const explained = async () => (await exchange.parley('rollout', 'explain', 'accounts')).stdout;

test('a good candidate is promoted under load, and no request fails', async () => {
  const startedAt = performance.now();
  const report = await loadWhile(
    exchange,
    async () => {
      const watched = await rollOut('2.0.0', '--steps', '50');
      expect(watched.code, watched.stdout + watched.stderr).toBe(0);
      expect(watched.stdout).toMatch(/accounts 2\.0\.0: Analysing, stage 1\/2 50 %/);
    },
    load,
  );
  process.stdout.write(
    `promoted after ${((performance.now() - startedAt) / 1000).toFixed(1)} s, retries off: ${figures(report)}`,
  );
  expect(report.failed + report.wrong, figures(report)).toBe(0);
  expect(await weights()).toEqual({ '2.0.0': expect.any(Number) });
  expect(await explained()).toMatch(/^errors +✔ pass/m);
});

test('undo goes back at once, though what serves now has a contract more', async () => {
  const { stdout } = await exchange.parley('rollout', 'undo', 'accounts');
  expect(stdout).toBe("rollout 'accounts' undone: 1.4.0 has all traffic\n");
  expect(await weights()).toEqual({ '1.4.0': expect.any(Number) });
});

test('a bad candidate is rolled back, and it is told why', async () => {
  const report = await loadWhile(
    exchange,
    async () => {
      const watched = await rollOut(bad);
      expect(watched.code, watched.stdout + watched.stderr).toBe(1);
      expect(watched.stdout).toContain(`accounts ${bad}: RolledBack`);
      expect(watched.stderr).toContain('parley rollout explain accounts');
    },
    load,
  );
  process.stdout.write(`rolled back, retries off: ${figures(report)}`);
  expect(await weights()).toEqual({ '1.4.0': expect.any(Number) });
  expect(report.failed, 'somebody had to see it').toBeGreaterThan(0);
  expect(await explained()).toMatch(/^errors +✖ fail/m);
});

test('a request that failed can be looked up', async () => {
  const why = await explained();
  expect(why, 'a failing request').toMatch(new RegExp(`A failing request of ${bad}: .*500`));
  expect(why, 'that can be looked up').toMatch(/trace [0-9a-f]{32}/);
});

test('a candidate that lacks a contract never gets a request', async () => {
  await exchange.parley('rollout', 'start', 'accounts', '2.0.0');
  await phaseIs('Analysing', '2.0.0');
  const promoted = await exchange.parley('rollout', 'promote', 'accounts');
  expect(promoted.stdout).toBe("rollout 'accounts' promoted\n");
  const refused = await rollOut('1.4.0');
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('accounts 1.4.0: Refused');
  expect(await explained()).toContain('contract');
  expect(await weights()).toEqual({ '2.0.0': expect.any(Number) });
  await exchange.parley('rollout', 'undo', 'accounts');
});

test('a candidate that answers a call of its own in other words never gets a request', async () => {
  const refused = await rollOut('2.1.0-breaks-v1');
  expect(refused.code).toBe(1);
  expect(refused.stdout).toMatch(/Refused, .*gate smoke is shut: .*balance: string wanted, absent/);
  expect(await weights()).toEqual({ '1.4.0': expect.any(Number) });
});

test('wrong answers that say 200 are found by looking at them', async () => {
  await loadWhile(
    exchange,
    async () => {
      const watched = await rollOut('2.1.0-wrong-body', '--check-bodies');
      expect(watched.stdout).toMatch(/2\.1\.0-wrong-body: RolledBack, .*answers/);
    },
    load,
  );
  expect(await weights()).toEqual({ '1.4.0': expect.any(Number) });
});

test('while an attempt is at work nobody else moves its weights', async () => {
  await exchange.parley('rollout', 'start', 'accounts', '2.0.0');
  await phaseIs('Analysing', '2.0.0');
  expect((await exchange.parley('rollout', 'pause', 'accounts')).stdout).toBe("rollout 'accounts' paused\n");
  await phaseIs('Paused', '2.0.0');
  const during = await weights();
  expect(during).toEqual({ '1.4.0': 90, '2.0.0': 10 });
  expect((await accounts()).rollout).toMatchObject({ candidate: '2.0.0' });
  for (const refused of [
    ['split', 'accounts', '1.4.0=100'],
    ['release', 'accounts', '1.4.0', '--remove'],
    ['release', 'accounts', '2.0.0', '--remove'],
  ]) {
    const { code, stderr } = await exchange.attempt(refused);
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('parley rollout abort accounts');
  }
  await exchange.parley('release', 'accounts', '2.1.0-latency');
  const { stdout } = await exchange.attempt(['diff', '-o', 'json', '--target', exchange.place.target]);
  const { objects } = JSON.parse(stdout) as { objects: readonly { kind: string; name: string; result: string }[] };
  const routes = objects.filter(({ kind, name }) => kind === 'HTTPRoute' && name.endsWith('accounts'));
  expect(routes.map(({ result }) => result)).toEqual(routes.map(() => 'unchanged'));
  expect(routes.length).toBeGreaterThan(0);
  expect(await weights(), 'a release beside them changes nothing').toEqual(during);
  expect((await exchange.parley('rollout', 'resume', 'accounts')).stdout).toBe("rollout 'accounts' resumed\n");
  await phaseIs('Analysing', '2.0.0');
  await exchange.parley('release', 'accounts', '2.1.0-latency', '--remove');
});

test('status waits as long as it was told, another candidate supersedes, and abort goes back', async () => {
  const late = await exchange.attempt(['rollout', 'status', 'accounts', '--watch', '--timeout', '500ms']);
  expect(late.code, late.stderr).toBe(4);
  expect((await exchange.attempt(['rollout', 'status', 'accounts'])).code, 'still at work').toBe(3);
  const { stdout } = await exchange.parley('rollout', 'start', 'accounts', bad);
  expect(stdout).toContain('it supersedes 2.0.0');
  await phaseIs('Analysing', bad);
  expect((await exchange.parley('rollout', 'history', 'accounts')).stdout).toMatch(/ 2\.0\.0 .*Superseded/);
  expect((await exchange.parley('rollout')).stdout).toMatch(/^accounts +1\.4\.0 +2\.1\.0-errors +◌ Analysing/m);
  expect((await exchange.parley('rollout', 'abort', 'accounts')).stdout).toBe("rollout 'accounts' aborted\n");
  expect(await weights()).toEqual({ '1.4.0': expect.any(Number) });
  expect((await exchange.attempt(['rollout', 'status', 'accounts'])).code).toBe(1);
  const nothing = await exchange.attempt(['rollout', 'abort', 'accounts']);
  expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining('no attempt runs (Aborted)') });
});

test('what the resource refuses is refused before anything is changed', async () => {
  const refusals: readonly [readonly string[], RegExp][] = [
    [['acounts', '2.0.0'], /acounts: unknown service\. Did you mean accounts\?/],
    [['accounts', '2.0.1'], /accounts has no release 2\.0\.1\. Did you mean 2\.0\.0/],
    [['accounts', '2.0.0', '--steps', '50,10'], /weights must rise from step to step/],
    [['accounts', '2.0.0', '--bad', '5'], /spec\.checks\[0\]\.errorRate\.bad/],
    [['accounts', '1.4.0'], /accounts 1\.4\.0 has all the traffic already/],
  ];
  for (const [args, message] of refusals) {
    const { code, stderr } = await exchange.attempt(['rollout', 'start', ...args]);
    expect(code, stderr).toBeGreaterThan(0);
    expect(stderr).toMatch(message);
  }
  const none = await exchange.attempt(['rollout', 'watch', 'orders']);
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('parley rollout start orders <release>') });
});

test('requests with a header go to the candidate, and no others', async () => {
  await exchange.parley('rollout', 'start', 'accounts', '2.0.0', '--match', 'x-canary:1');
  await phaseIs('Analysing', '2.0.0');
  const authorization = `Bearer ${await exchange.token()}`;
  const answeredBy = async (headers: Readonly<Record<string, string>>) => {
    const answer = await http(`${exchange.http}/v1/accounts`, { headers: { authorization, ...headers } });
    return answer.headers['x-parley-release'];
  };
  // Istio takes a route some tenths of a second before its sidecars have it.
  const marked = () => answeredBy({ 'x-canary': '1' });
  await eventually('the match is in force', 10_000, marked, (release) => release === '2.0.0');
  for (let turn = 0; turn < 5; turn++) {
    expect(await answeredBy({ 'x-canary': '1' })).toBe('2.0.0');
    expect(await answeredBy({ 'x-canary': '2' })).toBe('1.4.0');
    expect(await answeredBy({})).toBe('1.4.0');
  }
  await exchange.parley('rollout', 'abort', 'accounts');
  await eventually('nothing is left of the match', 10_000, marked, (release) => release === '1.4.0');
});
