import { randomUUID } from 'node:crypto';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod, PodList } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import type { Exchange } from '../exchange.ts';
import { http, postJson } from '../http.ts';
import { figures, loadOf, loadWhile } from '../load.ts';
import { allReady, podOf, podsOf, processesOfPod, restartsOf } from '../pods.ts';
import { processes, processesOf } from '../processes.ts';
import { startEmbedded } from './site.ts';

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startEmbedded();
});
afterAll(() => exchange.stop());

/** Every conversation, twenty requests in a row without one that fails. */
async function answersAgain(): Promise<void> {
  await allReady(exchange);
  for (const kind of ['rest', 'rest-post', 'grpc-unary', 'graphql'] as const) {
    await eventually(
      `${kind} answers`,
      15_000,
      () => loadOf(exchange, kind, 20, 1),
      ({ ok, sent }) => ok === sent,
    );
  }
}

function killHard(pids: readonly number[]): void {
  expect(pids.length).toBeGreaterThan(0);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

const pidsOf = (list: readonly { pid: number }[]) => list.map(({ pid }) => pid).sort((a, b) => a - b);

test('kill -9 of a sidecar: another takes its place, the application is not restarted', async () => {
  const pod = await podOf(exchange, 'accounts');
  const { sidecar, app } = processesOfPod(exchange, pod);
  killHard(pidsOf(sidecar));
  const again = await eventually(
    'a new sidecar',
    15_000,
    () => processesOfPod(exchange, pod),
    (now) => now.sidecar.length === 1 && now.sidecar[0]?.pid !== sidecar[0]?.pid,
  );
  expect(pidsOf(again.app)).toEqual(pidsOf(app));
  await eventually(
    'accounts answers',
    15_000,
    () => loadOf(exchange, 'rest', 1, 1),
    ({ ok }) => ok === 1,
  );
  await answersAgain();
});

test('kill -9 of an application: restarted in the same Pod, and the count says so', async () => {
  const pod = await podOf(exchange, 'accounts');
  const { app, sidecar } = processesOfPod(exchange, pod);
  killHard(pidsOf(app));
  const restarted = await eventually(
    'a restart',
    20_000,
    () => podOf(exchange, 'accounts'),
    (now) => restartsOf(now) === restartsOf(pod) + 1 && now.status?.containerStatuses?.[0]?.ready === true,
  );
  expect(restarted.metadata?.uid).toBe(pod.metadata?.uid);
  const last = restarted.status?.containerStatuses?.[0]?.lastState?.terminated;
  expect(last).toMatchObject({ exitCode: 137 });
  expect(pidsOf(processesOfPod(exchange, restarted).sidecar)).toEqual(pidsOf(sidecar));
  await answersAgain();
});

test('kill -9 of PostgreSQL: it comes back with what it had acknowledged', async () => {
  const headers = { authorization: `Bearer ${await exchange.token()}` };
  const accounts = async () =>
    (await http(`${exchange.http}/v1/accounts`, { headers })).json<{ accounts: { id: string }[] }>();
  const opened = await postJson(
    `${exchange.http}/v1/accounts`,
    { currency: 'EUR' },
    { ...headers, 'idempotency-key': randomUUID() },
  );
  expect(opened.status, opened.text).toBe(201);
  const before = (await accounts()).accounts.map(({ id }) => id);
  const pod = await podOf(exchange, 'postgres');
  killHard(pidsOf(processesOfPod(exchange, pod).app));
  await eventually(
    'postgres was restarted',
    30_000,
    () => podOf(exchange, 'postgres'),
    (now) => restartsOf(now) > restartsOf(pod),
  );
  await eventually(
    'accounts answers',
    30_000,
    () => loadOf(exchange, 'rest-post', 1, 1),
    ({ ok }) => ok === 1,
  );
  await answersAgain();
  expect((await accounts()).accounts.map(({ id }) => id)).toEqual(expect.arrayContaining(before));
});

test('kill -9 of the daemon under load: nothing fails meanwhile, and the next one adopts every Pod', async () => {
  const before = await exchange.get<PodList>('pods');
  const pids = (pod: Pod) => [
    ...pidsOf(processesOfPod(exchange, pod).sidecar),
    ...pidsOf(processesOfPod(exchange, pod).app),
  ];
  const was = before.items.map((pod) => ({ uid: pod.metadata?.uid, restarts: restartsOf(pod), pids: pids(pod) }));
  const daemon = processesOf(exchange.home).filter(({ command }) => /local\/daemon\//.test(command));
  const report = await loadWhile(exchange, async () => {
    killHard(pidsOf(daemon));
    const away = await loadOf(exchange, 'rest', 400, 2);
    expect(away.ok, JSON.stringify(away.faults)).toBe(away.sent);
    await exchange.parley('up', '--target', 'embedded');
    await loadOf(exchange, 'rest', 200, 2);
  });
  process.stdout.write(`daemon killed and started again: ${figures(report)}`);
  expect(report.failed + report.wrong, figures(report)).toBe(0);
  const after = await exchange.get<PodList>('pods');
  expect(after.items.map((pod) => ({ uid: pod.metadata?.uid, restarts: restartsOf(pod), pids: pids(pod) }))).toEqual(
    was,
  );
  await exchange.parley('release', 'accounts', '2.0.0');
  await exchange.parley('split', 'accounts', '1.4.0=0', '2.0.0=100');
  expect(Object.keys((await loadOf(exchange, 'rest', 20, 1)).releases)).toEqual(['2.0.0']);
  await exchange.parley('split', 'accounts', '1.4.0=100', '2.0.0=0');
});

test('a release that crashes ends in CrashLoopBackOff, with the reason and a count', async () => {
  await exchange.attempt(['release', 'accounts', '2.1.0-crash']);
  await exchange.kubectl('set', 'env', 'deployment/accounts-2-1-0-crash', 'FAULT_CRASH_AFTER_MS=200');
  const crashing = async () =>
    (await podsOf(exchange, 'accounts')).find(
      ({ metadata, status }) =>
        metadata?.labels?.['app.kubernetes.io/version'] === '2.1.0-crash' &&
        status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff'),
    );
  const pod = await eventually('CrashLoopBackOff', 60_000, crashing);
  const [status] = pod?.status?.containerStatuses ?? [];
  expect(status?.restartCount).toBeGreaterThan(0);
  expect(status?.state?.waiting?.message).toMatch(/back-off/);
  expect(status?.lastState?.terminated?.exitCode).not.toBe(0);
  expect(await exchange.kubectl('get', 'pods')).toContain('CrashLoopBackOff');
  await exchange.kubectl('delete', 'deployment', 'accounts-2-1-0-crash');
});

/** A Deployment outside the mesh whose program leaves a child in a session of its own. */
function forking(seconds: number): Deployment {
  const labels = { app: 'forking' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'forking' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, 'sidecar.istio.io/inject': 'false' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'forking',
              image: 'parley/accounts:1.4.0',
              command: ['/bin/sh', '-c', `setsid sleep ${seconds} & exec sleep ${seconds}`],
            },
          ],
        },
      },
    },
  };
}

test('a Pod that forks: its child in another session is gone with it', async () => {
  const seconds = 86_400 + (process.pid % 1000);
  const sleepers = () => processes().filter(({ command }) => command === `sleep ${seconds}`);
  const applied = await exchange.attemptKubectl(['apply', '-f', '-'], JSON.stringify(forking(seconds)));
  expect(applied.code, applied.stderr).toBe(0);
  await eventually('both sleepers', 20_000, sleepers, (list) => list.length === 2);
  await exchange.kubectl('delete', 'deployment', 'forking', '--wait=true');
  await eventually('no sleeper', 20_000, sleepers, (list) => list.length === 0);
});
