import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { installValues } from '../../mesh/linkerd/install.ts';
import { versions } from '../../mesh/versions.ts';
import type { Ledger, Thing } from '../ledger.ts';
import type { ClusterObjects, ObjectRef, Site } from '../site.ts';
import { deployments } from './installed.ts';
import { linkerdStandIn } from './stand-in.ts';
import { type LinkerdOptions, linkerdSteps, removeLinkerd } from './steps.ts';

const start = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;
const pinned = versions.meshes.linkerd.version;
const wait = ['--output', 'short', '--wait', '5m0s', '--expected-version', pinned];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'linkerd-steps-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const keyOf = ({ kind, metadata }: ObjectRef) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

/** Keeps what it is given; `status` is what a cluster would add to it. */
class Kept implements ClusterObjects {
  readonly objects = new Map<string, ObjectRef>();
  readonly status: Readonly<Record<string, object>>;

  constructor(status: Readonly<Record<string, object>>) {
    this.status = status;
  }

  async read<T>(ref: ObjectRef): Promise<T | undefined> {
    const found = this.objects.get(keyOf(ref));
    return found && ({ ...found, status: this.status[ref.kind] } as T);
  }

  async serverApply(object: ObjectRef): Promise<void> {
    this.objects.set(keyOf(object), object);
  }

  async remove(ref: ObjectRef): Promise<boolean> {
    return this.objects.delete(keyOf(ref));
  }
}

const healthy = {
  CustomResourceDefinition: { conditions: [{ type: 'Established', status: 'True' }] },
  DaemonSet: { desiredNumberScheduled: 1, numberReady: 1, updatedNumberScheduled: 1 },
  Deployment: { availableReplicas: 1, updatedReplicas: 1, observedGeneration: 1 },
};

function keptLedger(): Ledger {
  const states = new Map<Thing, 'begun' | 'made'>();
  return {
    state: (thing) => states.get(thing),
    begin: (thing) => void states.set(thing, 'begun'),
    finish: (thing) => void states.set(thing, 'made'),
    forget: (thing) => void states.delete(thing),
  };
}

function setUp(more: Partial<LinkerdOptions> = {}, standInOptions: Parameters<typeof linkerdStandIn>[1] = {}) {
  const standIn = linkerdStandIn(folder, standInOptions);
  const cluster = new Kept(healthy);
  const site: Site = {
    env: {
      PATH: [standIn.bin, process.env.PATH].join(delimiter),
      LINKERD_NAMESPACE: 'mine',
      LINKERD_DOCKER_REGISTRY: 'registry.test/linkerd',
    },
    signal: new AbortController().signal,
    clock: { now: () => 0, sleep: async () => {} },
    home: join(folder, 'home'),
    kubeconfig: join(folder, 'home', 'kubeconfig'),
    openObjects: async () => cluster,
  };
  const options: LinkerdOptions = {
    trustDomain: 'cluster.local',
    capture: 'cni',
    collector: { endpoint: 'collector.observability:4317', serviceAccount: 'collector', namespace: 'observability' },
    ledger: keptLedger(),
    epochMs: () => start,
    ...more,
  };
  const run = async (changed: Partial<LinkerdOptions> = {}) => {
    const done: string[] = [];
    for (const step of linkerdSteps(site, { ...options, ...changed })) {
      const found = await step.look();
      done.push(`${step.title}: ${found ?? `! ${await step.run(() => {})}`}`);
    }
    return done;
  };
  const addDeployments = () =>
    Promise.all(
      deployments.map((name) =>
        cluster.serverApply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'linkerd' } }),
      ),
    );
  return { standIn, cluster, site, options, run, addDeployments };
}

const at = (name: string) => join(folder, 'home', 'linkerd', name);

test('a first installation: the arguments of each call, in order', async () => {
  const { run, standIn, options } = setUp();
  expect(await run()).toEqual([
    'mesh: CNI plug-in: ! 2 objects',
    'mesh: checks before: ! passed',
    'mesh: resource types: ! 1 objects',
    'mesh: control plane: ! 2 objects, its issuer until 2027-01-01',
    'mesh: ready: ! linkerd check passed',
  ]);
  expect(standIn.calls().map(({ args }) => args)).toEqual([
    ['install-cni'],
    ['check', '--pre', '--linkerd-cni-enabled', ...wait],
    ['install', '--crds'],
    [
      'install',
      ...['--values', at('values.yaml')],
      ...['--identity-trust-anchors-file', at('anchors.crt')],
      ...['--identity-issuer-certificate-file', at('issuer.crt')],
      ...['--identity-issuer-key-file', at('issuer.key')],
    ],
    ['check', ...wait],
  ]);
  expect(options.ledger.state('mesh')).toBe('made');
});

test('the program gets the cluster, the files and nothing by stdin; an unsuitable namespace of the user stays behind', async () => {
  const { run, standIn, site, options } = setUp();
  await run();
  const calls = standIn.calls();
  for (const { env, stdin } of calls) {
    expect(env).toMatchObject({ KUBECONFIG: site.kubeconfig, LINKERD_DOCKER_REGISTRY: 'registry.test/linkerd' });
    expect(env).not.toHaveProperty('LINKERD_NAMESPACE');
    expect(stdin).toBe('');
  }
  const files = calls[3]?.files ?? {};
  expect(parse(files[at('values.yaml')] ?? '')).toEqual(installValues(options));
  expect(files[at('anchors.crt')]).toBe(readFileSync(at('anchors.crt'), 'utf8'));
  expect(files[at('anchors.crt')]).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
  expect(files[at('issuer.crt')]).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
  expect(files[at('issuer.key')]).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  for (const path of Object.keys(files)) expect(statSync(path).mode & 0o777, path).toBe(0o600);
});

test('what it prints is applied as it is', async () => {
  const { run, cluster } = setUp();
  await run();
  expect([...cluster.objects.keys()]).toEqual([
    'Namespace /linkerd-cni',
    'DaemonSet linkerd-cni/linkerd-cni',
    'CustomResourceDefinition /servers.policy.linkerd.io',
    'Namespace /linkerd',
    'ConfigMap linkerd/linkerd-config',
  ]);
});

test('a second run calls nothing', async () => {
  const { run, standIn, addDeployments } = setUp();
  await run();
  await addDeployments();
  standIn.calls();
  expect(await run()).toEqual([
    `mesh: CNI plug-in: ${pinned}`,
    'mesh: checks before: namespace linkerd is there',
    `mesh: resource types: ${pinned}`,
    `mesh: control plane: Linkerd ${pinned}`,
    'mesh: ready: all parts',
  ]);
  expect(standIn.calls()).toEqual([]);
});

test.each([
  ['no collector any more', { collector: undefined }],
  ['capture by init containers', { capture: 'init' as const }],
  ['an issuer that ends soon', { epochMs: () => start + 300 * dayMs }],
])('%s: the control plane is upgraded, and nothing else', async (_, changed) => {
  const { run, standIn, addDeployments } = setUp();
  await run();
  await addDeployments();
  standIn.calls();
  const first = await run(changed);
  const calls = standIn.calls().map(({ args }) => args[0]);
  expect(calls, first.join('\n')).toEqual(['upgrade', 'check']);
});

test('capture by init containers: no CNI plug-in, and the checks are told so', async () => {
  const { run, standIn } = setUp({ capture: 'init' });
  await run();
  const calls = standIn.calls();
  expect(calls.map(({ args }) => args[0])).toEqual(['check', 'install', 'install', 'check']);
  expect(calls[0]?.args).toEqual(['check', '--pre', ...wait]);
  expect(parse(calls[2]?.files[at('values.yaml')] ?? '')).toMatchObject({ cniEnabled: false });
});

test('a check that fails ends it with its words, and the next run goes on where it was', async () => {
  const { run, standIn, options } = setUp({}, { broken: '--pre' });
  await expect(run()).rejects.toMatchObject({
    code: 'ProgramFailed',
    cause: expect.objectContaining({ message: expect.stringContaining('it is broken') }),
    hint: expect.stringContaining('linkerd check'),
  });
  expect(options.ledger.state('mesh')).toBe('begun');
  expect(standIn.calls().map(({ args }) => args[0])).toEqual(['install-cni', 'check']);
});

test('a Linkerd of others is used as it is, or refused by its version', async () => {
  const { run, standIn, cluster } = setUp();
  const config = (version: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'linkerd-config', namespace: 'linkerd' },
    data: { values: `linkerdVersion: ${version}\nclusterDomain: corp.local\n` },
  });
  await cluster.serverApply(config('edge-26.6.1'));
  const said = 'Linkerd edge-26.6.1 as it is; trust domain corp.local instead of cluster.local; no spans of sidecars';
  for (const line of await run()) expect(line).toContain(said);
  expect(standIn.calls()).toEqual([]);
  await cluster.serverApply(config('stable-2.14.10'));
  await expect(run()).rejects.toMatchObject({
    code: 'MeshOfOthers',
    message: expect.stringContaining('stable-2.14.10'),
  });
});

test('what was installed is taken away by what Linkerd lists, and the CNI plug-in after it', async () => {
  const { run, standIn, cluster, site } = setUp();
  await run();
  standIn.calls();
  await removeLinkerd(site);
  expect(standIn.calls().map(({ args }) => args)).toEqual([['uninstall'], ['install-cni']]);
  expect([...cluster.objects.keys()]).toEqual(['CustomResourceDefinition /servers.policy.linkerd.io']);
});
