import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { PodList } from 'kubernetes-types/core/v1.js';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { http, postJson } from '../http.ts';
import { processesOf } from '../processes.ts';
import { openSite, type Site } from './site.ts';

const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.stop();
});

async function freshSite(env: Readonly<Record<string, string>> = {}): Promise<Site> {
  const site = await openSite(env);
  sites.push(site);
  return site;
}

const up = ['up', '--target', 'embedded'];

/** What tells one run of a Pod from another. */
async function podIdentities(site: Site): Promise<string[]> {
  const { items } = await site.get<PodList>('pods');
  return items
    .map(({ metadata, status }) =>
      [
        metadata?.name,
        metadata?.uid,
        ...(status?.containerStatuses ?? []).map((each) => `${each.containerID} ${each.restartCount}`),
      ].join(' '),
    )
    .sort();
}

test('up twice: the second changes nothing and is quick; down twice: the second has nothing to do', async () => {
  const site = await freshSite();
  const first = await site.parley(...up);
  const before = await podIdentities(site);
  const second = await site.parley(...up);
  expect(await podIdentities(site)).toEqual(before);
  process.stdout.write(`up: first ${Math.round(first.durationMs)} ms, again ${Math.round(second.durationMs)} ms\n`);
  expect(second.durationMs).toBeLessThan(Math.max(2500, first.durationMs));
  expect(first.stdout + first.stderr).toContain(String(site.httpPort));
  await site.parley('down');
  await site.parley('down');
});

test('two ups at once: one exchange, and each says how it ended', async () => {
  const site = await freshSite();
  const both = await Promise.all([site.attempt(up), site.attempt(up)]);
  for (const finished of both) {
    if (finished.code !== 0) expect(finished.stderr).toMatch(/another|already|in progress/);
    expect([0, 1]).toContain(finished.code);
  }
  expect(both.some(({ code }) => code === 0)).toBe(true);
  expect(processesOf(site.home).filter(({ command }) => /local\/daemon\/main/.test(command))).toHaveLength(1);
  await site.parley('status');
});

test('a host port that is taken: exit 1, its number, and nothing left', async () => {
  const site = await freshSite();
  const squatter = createServer().listen(site.httpPort, '127.0.0.1');
  await once(squatter, 'listening');
  const finished = await site.attempt(up);
  await once(squatter.close(), 'close');
  expect(finished.code).toBe(1);
  expect(finished.stderr).toContain(String(site.httpPort));
  expect(finished.stderr).toContain('PARLEY_HTTP_PORT');
});

test('an Envoy that is not there: exit 1, the path, and what to type', async () => {
  const site = await freshSite({ PARLEY_ENVOY: '/nowhere/envoy' });
  const finished = await site.attempt(up);
  expect(finished.code).toBe(1);
  expect(finished.stderr).toContain('/nowhere/envoy');
  expect(finished.stderr).toContain('PARLEY_ENVOY');
});

test('no Envoy on PATH and none to be fetched: exit 1 and what to type', async () => {
  const site = await freshSite();
  const empty = join(site.home, '..', 'user', 'bin');
  const env = { PARLEY_ENVOY: '', PATH: empty, PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_NO_INDEX: '1' };
  const finished = await site.attempt(up, env);
  expect(finished.code).toBe(1);
  expect(finished.stderr).toMatch(/envoy/i);
  expect(finished.stderr).toMatch(/PARLEY_ENVOY|pip/);
});

test('a stale daemon.json, also one that names a stranger, does not hinder up and hurts nobody', async () => {
  const site = await freshSite();
  await site.parley(...up);
  const file = join(site.home, 'daemon.json');
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  await site.parley('down');
  writeFileSync(file, JSON.stringify({ ...recorded, pid: process.pid }));
  await site.parley(...up);
  await site.parley('try');
  await site.parley('down');
  mkdirSync(site.home, { recursive: true });
  writeFileSync(file, '{"pid": 12');
  await site.parley(...up);
});

test('Ctrl-C while up runs: exit 130, and nothing is left', async () => {
  const site = await freshSite();
  const running = site.begin(...up);
  await eventually('a first sign of the daemon', 20_000, () => existsSync(join(site.home, 'daemon.json')));
  running.child.kill('SIGINT');
  const finished = await running.finished;
  expect(finished.code, finished.stderr).toBe(130);
  expect(processesOf(site.home).map(({ command }) => command)).toEqual([]);
});

/** kill -9 of the daemon; what it started lives on. */
function killDaemon(site: Site): void {
  const found = processesOf(site.home).filter(({ command }) => command.includes('local/daemon/main.ts'));
  expect(found).toHaveLength(1);
  for (const { pid } of found) process.kill(pid, 'SIGKILL');
}

test('the daemon is killed: down ends what it left behind', async () => {
  const site = await freshSite();
  await site.parley(...up);
  killDaemon(site);
  expect(processesOf(site.home).length).toBeGreaterThan(5);
  await site.parley('down');
});

test('the daemon is killed while up begins: up says so, and the next one brings everything up', async () => {
  const site = await freshSite();
  const running = site.begin(...up);
  const pods = join(site.home, 'pods');
  await eventually('some Pods', 20_000, () => existsSync(pods) && readdirSync(pods).length >= 3);
  killDaemon(site);
  const { code, stderr } = await running.finished;
  expect(code, stderr).toBe(1);
  expect(stderr).toContain('parley up');
  await site.parley(...up);
  await site.parley('try');
});

test('what was acknowledged outlives down and up; down --purge forgets it', async () => {
  const site = await freshSite();
  await site.parley(...up);
  const authorization = `Bearer ${await site.token()}`;
  const opened = await postJson(
    `${site.http}/v1/accounts`,
    { currency: 'EUR' },
    { authorization, 'idempotency-key': randomUUID() },
  );
  expect(opened.status, opened.text).toBe(201);
  const { id } = opened.json<{ id: string }>();
  const read = async () =>
    (await http(`${site.http}/v1/accounts/${id}`, { headers: { authorization: `Bearer ${await site.token()}` } }))
      .status;
  await site.parley('release', 'accounts', '2.0.0');
  await site.parley('split', 'accounts', '1.4.0=30', '2.0.0=70');
  const weights = async () => {
    const { services } = JSON.parse((await site.parley('status', '-o', 'json')).stdout) as Status;
    return services.find(({ name }) => name === 'accounts')?.releases.map(({ version, weight }) => [version, weight]);
  };
  expect(await weights()).toEqual([
    ['1.4.0', 30],
    ['2.0.0', 70],
  ]);
  await site.parley('down');
  await site.parley(...up);
  expect(await read()).toBe(200);
  expect(await weights()).toEqual([
    ['1.4.0', 30],
    ['2.0.0', 70],
  ]);
  await site.parley('down', '--purge');
  expect(existsSync(site.home)).toBe(false);
});

test('exit codes and words: what is wrong, and the next command', async () => {
  const site = await freshSite();
  const nothing = await site.attempt(['status']);
  expect(nothing.code).toBe(3);
  expect(nothing.stderr).toContain('parley up');
  expect((await site.attempt(['try'])).code).toBe(1);
  expect((await site.attempt(['upp'])).stderr).toContain('Did you mean up?');
  await site.parley(...up);
  const table: readonly [readonly string[], number, RegExp][] = [
    [['upp'], 2, /no such command/],
    [['up', '--target', 'moon'], 2, /moon/],
    [['up', '--mesh', 'moon'], 2, /istio.*linkerd/],
    [['up', '--target', 'kind'], 1, /kind/],
    [['split', 'accounts', '1.4.0=banana'], 2, /banana/],
    [['split', 'accounts', '2.0.0=100'], 1, /parley release accounts 2\.0\.0/],
    [['split', 'nobody', '1.4.0=100'], 1, /nobody.*accounts/s],
    [['release', 'accounts', '9.9.9'], 1, /9\.9\.9.*2\.0\.0/s],
    [['split', 'accounts', '1.4.0=0'], 1, /all weights are 0/],
    [['help', 'exit-codes'], 0, /^$/],
    [['check'], 0, /^$/],
  ];
  for (const [args, code, said] of table) {
    const finished = await site.attempt(args);
    expect(`${args.join(' ')}: ${finished.code}\n${finished.stderr}`).toMatch(
      new RegExp(`^${args.join(' ')}: ${code}\n`),
    );
    if (code !== 0) expect(finished.stderr).toMatch(said);
    if (code !== 0) expect(finished.stdout).toBe('');
  }
});

interface Status {
  readonly apiVersion: string;
  readonly kind: string;
  readonly target: { readonly name: string; readonly running: boolean };
  readonly services: readonly {
    readonly name: string;
    readonly url?: string;
    readonly releases: readonly { readonly version: string; readonly weight: number; readonly ready: number }[];
  }[];
  readonly methods: readonly { readonly name: string; readonly on: boolean; readonly reason?: string }[];
}

test('status -o json: target, services with releases, weights and address, methods on or off with a reason', async () => {
  const site = await freshSite();
  await site.parley(...up);
  const status = JSON.parse((await site.parley('status', '-o', 'json')).stdout) as Status;
  expect(status).toMatchObject({ kind: 'Status', target: { name: 'embedded', running: true } });
  expect(status.apiVersion).toMatch(/^parley\.dev\//);
  expect(status.services.map(({ name }) => name)).toEqual(['accounts', 'identity', 'orders', 'portfolio']);
  for (const { name, url, releases } of status.services) {
    expect(url, name).toContain(`:${site.httpPort}`);
    expect(releases, name).toMatchObject([{ weight: 100, ready: 1 }]);
  }
  const on = status.methods.filter((method) => method.on).map(({ name }) => name);
  expect(on).toEqual(['REST', 'signed token', 'gRPC', 'GraphQL']);
  for (const { name, reason } of status.methods.filter((method) => !method.on)) expect(reason, name).toBeTruthy();
});
