import type { Pod, PodList } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { namespace as home, leaseName, name } from '../../rollout/deploy/names.ts';
import { type Right, rightsAtHome, rightsOnReleases } from '../../rollout/deploy/rights.ts';
import {
  type RolloutResource,
  type RolloutSpec,
  type RolloutStatus,
  rolloutKind,
} from '../../rollout/resource/rollout.ts';
import type { KindLoad } from '../../verify/load/caller.ts';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { figures, loadWhile } from '../load.ts';
import { run, succeed } from '../program.ts';

/** Enough calls of accounts to decide in seconds, few enough for a node on two cores. */
const judged: readonly KindLoad[] = [{ kind: 'rest', rps: 60, connections: 4 }];
const endMs = 120_000;
const account = `system:serviceaccount:${home}:${name}`;

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange?.stop());

const kubectl = (...args: readonly string[]) => run(['kubectl', ...args], { env: exchange.env });

/** What the controller may do in a namespace by its Roles, as `resource names: verbs`; what every ServiceAccount may is left out. */
async function allowed(where: string): Promise<string[]> {
  const table = async (who: string) => {
    const { stdout, stderr, code } = await kubectl('auth', 'can-i', '--list', '--no-headers', '-n', where, '--as', who);
    if (code !== 0) throw new Error(stderr);
    return stdout.split('\n').flatMap(granted);
  };
  const everybody = new Set(await table(`system:serviceaccount:${where}:nobody`));
  return (await table(account)).filter((line) => !everybody.has(line)).sort();
}

/** `pods  []  []  [list watch]` as `pods: list watch`; lines about URLs have no resource. */
function granted(line: string): string[] {
  const [, resource, , names = '', verbs = ''] = /^(\S+)\s+\[(.*?)\]\s+\[(.*?)\]\s+\[(.*?)\]$/.exec(line) ?? [];
  return resource ? [lineOf(resource, names.split(' ').filter(Boolean), verbs.split(' '))] : [];
}

const lineOf = (resource: string, names: readonly string[], verbs: readonly string[]) =>
  `${[resource, ...names].join(' ')}: ${[...verbs].sort().join(' ')}`;

const linesOf = ({ apiGroups: [group], resources, resourceNames = [], verbs }: Right): string[] =>
  resources.map((each) => {
    const [resource, ...sub] = each.split('/');
    return lineOf([group ? `${resource}.${group}` : resource, ...sub].join('/'), resourceNames, verbs);
  });

test('the API server lets the controller do what rights.ts says, and no more', async () => {
  const wanted = (rights: readonly Right[]) => rights.flatMap(linesOf).sort();
  expect(await allowed('exchange')).toEqual(wanted(rightsOnReleases));
  expect(await allowed(home)).toEqual(wanted(rightsAtHome));
  expect(await allowed('kube-system')).toEqual([]);
});

function specOf(candidate: string, more: Partial<RolloutSpec> = {}): RolloutSpec {
  return {
    service: 'accounts',
    candidate,
    strategy: { canary: { steps: [{ weight: 25 }, { weight: 50 }] } },
    checks: [{ name: 'errors', errorRate: {} }],
    gates: { contract: false },
    ...more,
  };
}

async function ask(spec: RolloutSpec): Promise<void> {
  const object = { ...rolloutKind, metadata: { name: spec.service, namespace: 'exchange' }, spec };
  const applied = await exchange.attemptKubectl(['apply', '-f', '-'], JSON.stringify(object));
  expect(applied.code, applied.stderr).toBe(0);
}

const statusNow = async (): Promise<RolloutStatus> =>
  (await exchange.get<RolloutResource>('rollout', 'accounts')).status ?? {};

function reaches(what: string, is: (status: RolloutStatus) => boolean): Promise<RolloutStatus> {
  return eventually(what, endMs, statusNow, is);
}

const endedWith = (candidate: string) => (status: RolloutStatus) =>
  status.history?.[0]?.candidate === candidate && status.phase !== 'Reverting';

const seconds = (from?: string, to?: string) => ((Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000).toFixed(1);

test('under Istio a good candidate is promoted and loses nothing', async () => {
  await exchange.parley('release', 'accounts', '2.0.0');
  let ended: RolloutStatus | undefined;
  const report = await loadWhile(
    exchange,
    async () => {
      await ask(specOf('2.0.0'));
      ended = await reaches('2.0.0 promoted', endedWith('2.0.0'));
    },
    judged,
  );
  const [entry] = ended?.history ?? [];
  expect(entry?.outcome, JSON.stringify(entry)).toBe('Promoted');
  process.stdout.write(`promoted in ${seconds(entry?.beganAt, entry?.endedAt)} s: ${figures(report)}`);
  expect(report.failed + report.wrong, figures(report)).toBe(0);
});

test('a bad candidate is rolled back, and callers meet few of its errors', async () => {
  await exchange.parley('release', 'accounts', '2.1.0-errors');
  let ended: RolloutStatus | undefined;
  const report = await loadWhile(
    exchange,
    async () => {
      await ask(specOf('2.1.0-errors'));
      ended = await reaches('2.1.0-errors rolled back', endedWith('2.1.0-errors'));
    },
    judged,
  );
  const [entry] = ended?.history ?? [];
  expect(entry?.outcome, JSON.stringify(entry)).toBe('RolledBack');
  expect(entry?.reason).toContain('errors');
  const bad = report.kinds.flatMap(({ releases }) => releases['2.1.0-errors'] ?? []);
  const answers = bad.reduce((sum, { ok, failed }) => sum + ok + failed, 0);
  process.stdout.write(
    `rolled back in ${seconds(entry?.beganAt, entry?.endedAt)} s after ${answers} answers: ${figures(report)}`,
  );
  expect(answers).toBeLessThan(150);
  await exchange.parley('release', 'accounts', '2.1.0-errors', '--remove');
});

/** SIGKILL to the program of a Pod, from the node: it has no time for anything. */
async function killProcess(pod: string): Promise<void> {
  const { spec, status } = await exchange.get<Pod>('-n', home, 'pod', pod);
  const id = status?.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '';
  const onNode = (...line: readonly string[]) =>
    succeed(['docker', 'exec', spec?.nodeName ?? '', ...line], { env: exchange.env });
  const { stdout } = await onNode('crictl', 'inspect', '--output', 'go-template', '--template', '{{.info.pid}}', id);
  await onNode('kill', '-KILL', stdout.trim());
}

test('a controller that is killed, and one whose Pod is taken away: the same attempt goes on to its end', async () => {
  const leader = async () =>
    (await kubectl('-n', home, 'get', 'lease', leaseName, '-o', 'jsonpath={.spec.holderIdentity}')).stdout;
  const attempt = ((await statusNow()).attempt ?? 0) + 1;
  let before = '';
  const report = await loadWhile(
    exchange,
    async () => {
      await ask(specOf('1.4.0'));
      await reaches('1.4.0 judged', ({ phase, attempt: now }) => phase === 'Analysing' && now === attempt);
      before = await leader();
      await killProcess(before);
      await reaches('1.4.0 a stage further', ({ stage }) => stage?.startsWith('2/3') ?? false);
      expect(await leader(), 'the same Pod, started again').toBe(before);
      const killed = await kubectl('-n', home, 'delete', 'pod', before, '--grace-period=0', '--force');
      expect(killed.code, killed.stderr).toBe(0);
      const ended = await reaches('1.4.0 promoted', endedWith('1.4.0'));
      expect(ended.history?.[0]).toMatchObject({ outcome: 'Promoted', attempt });
    },
    judged,
  );
  const after = await leader();
  expect(after).not.toBe(before);
  const pods = await exchange.get<PodList>('-n', home, 'pods');
  expect(pods.items.map(({ metadata }) => metadata?.name)).toContain(after);
  expect(report.failed + report.wrong, figures(report)).toBe(0);
});

test('the check can fail: without the right to write routes nothing is rolled out, and the controller says so', async () => {
  const role = await exchange.get<{ rules: { resources: string[]; verbs: string[] }[] }>('role', name);
  const rules = role.rules.map((rule) =>
    rule.resources.includes('httproutes') ? { ...rule, verbs: rule.verbs.filter((verb) => verb !== 'patch') } : rule,
  );
  const patch = (to: object) =>
    exchange.kubectl('patch', 'role', name, '--type=merge', '-p', JSON.stringify({ rules: to }));
  await patch(rules);
  try {
    await ask(specOf('2.0.0'));
    await reaches('2.0.0 waits for its routes', ({ phase }) => phase === 'Shifting');
    const said = await eventually(
      'the refusal in its log',
      30_000,
      async () => (await kubectl('-n', home, 'logs', `deployment/${name}`, '--tail=50')).stdout,
      (log) => /forbidden/.test(log),
    );
    expect(said).toMatch(/httproutes/);
    expect((await statusNow()).phase).toBe('Shifting');
  } finally {
    await patch(role.rules);
  }
  await loadWhile(exchange, async () => void (await reaches('2.0.0 promoted', endedWith('2.0.0'))), judged);
});
