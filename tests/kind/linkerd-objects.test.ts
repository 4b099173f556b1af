import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCatalogue } from '../../charts/catalogue.ts';
import { captures } from '../../charts/context.ts';
import { type EnvironmentName, environmentNames } from '../../charts/environments.ts';
import { addRelease, defaultPlan, setWeights } from '../../charts/plan.ts';
import { render, toJson } from '../../charts/render.ts';
import { openCluster } from '../../cli/cluster.ts';
import { gatewayApiStep } from '../../install/gateway-api.ts';
import type { Ledger, Thing } from '../../install/ledger.ts';
import { linkerdStandIn } from '../../install/linkerd/stand-in.ts';
import { linkerdSteps } from '../../install/linkerd/steps.ts';
import type { Site } from '../../install/site.ts';
import { exchange, monitoring, rollouts } from '../../mesh/exchange.ts';
import { linkerdNamespace } from '../../mesh/linkerd/install.ts';
import { describeObject, type KubeObject } from '../../mesh/objects.ts';
import { otlpHttpPort } from '../../mesh/ports.ts';
import { versions } from '../../mesh/versions.ts';
import { hostOf, observabilityParts } from '../../observability/names.ts';
import { renderObservability } from '../../observability/render.ts';
import { renderController } from '../../rollout/deploy/render.ts';
import { inherited } from '../commands.ts';
import { type Finished, run, succeed } from '../program.ts';

/**
 * Every object that goes to a cluster with Linkerd, asked of a real API server that has the resource types of Linkerd and of the
 * Gateway API that goes with it. Validation is strict: a field that the types do not know is refused. Nothing of Linkerd runs.
 */
const name = `parley-linkerd-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), `${name}-`));
const env = {
  ...inherited(/^(VITEST|NODE_|npm_|KUBE|PARLEY_|OTEL_)/),
  KUBECONFIG: join(folder, 'kubeconfig'),
  KUBECACHEDIR: join(folder, 'cache'),
};

const targets = environmentNames.flatMap((each) => captures.map((capture) => ({ env: each, capture })));
const catalogue = readCatalogue(join(import.meta.dirname, '../../services'));
const plan = setWeights(addRelease(defaultPlan(catalogue), catalogue, 'accounts', '2.0.0'), catalogue, 'accounts', {
  '1.4.0': 90,
  '2.0.0': 10,
});

type Target = (typeof targets)[number];

const objectsOfExchange = ({ env: environment, capture }: Target): KubeObject[] =>
  render({
    plan,
    catalogue,
    mesh: 'linkerd',
    env: environment,
    capture,
    collector: new URL(`http://${hostOf('collector')}:${otlpHttpPort}`),
    tracing: { samplingPercent: 10 },
    readers: [monitoring, rollouts],
  });

const objectsOfObservability = ({ env: environment, capture }: Target): KubeObject[] =>
  renderObservability({
    mesh: 'linkerd',
    env: environment as EnvironmentName,
    parts: observabilityParts,
    meshMetrics: 'standard',
    capture,
    exchangeNamespace: exchange.namespace,
    trustDomain: exchange.trustDomain,
    rollouts: true,
  });

const objectsOfRollouts = ({ env: environment, capture }: Target): KubeObject[] =>
  renderController({
    mesh: 'linkerd',
    env: environment as EnvironmentName,
    capture,
    exchangeNamespace: exchange.namespace,
    observed: true,
  });

/** `kubectl apply` as the installation of the objects would be; strict, and without a trace in the cluster unless it is wanted. */
function apply(objects: readonly KubeObject[], ...more: readonly string[]): Promise<Finished> {
  const argv = ['kubectl', 'apply', '--server-side', '--force-conflicts', '--validate=strict', '-f', '-', ...more];
  return run(argv, { env, stdin: toJson(objects) });
}

const dryRun = (objects: readonly KubeObject[]) => apply(objects, '--dry-run=server');

function given(variable: string, what: string): string {
  const path = process.env[variable];
  if (path) return path;
  throw new Error(`${variable} is not set; it names ${what}`);
}

/** The installation's own steps, with a program in the place of Linkerd's that prints what it was given. */
async function install(): Promise<string[]> {
  const { version, gatewayApi } = versions.meshes.linkerd;
  const crds = given('PARLEY_TEST_LINKERD_CRDS', `a file with the resource types of Linkerd ${version}`);
  const bundle = `a folder with the Gateway API ${gatewayApi.version}, ${gatewayApi.channel}`;
  const { bin } = linkerdStandIn(folder, { crds });
  const site: Site = {
    env: {
      ...env,
      PATH: [bin, process.env.PATH].join(delimiter),
      PARLEY_GATEWAY_API: given('PARLEY_TEST_GATEWAY_API_LINKERD', bundle),
    },
    signal: new AbortController().signal,
    clock: { now: () => performance.now(), sleep: (ms, signal) => setTimeout(ms, undefined, { signal }) },
    home: folder,
    kubeconfig: env.KUBECONFIG,
    openObjects: () => openCluster(env.KUBECONFIG),
  };
  const { trustDomain } = exchange;
  const steps = [
    gatewayApiStep(site, 'linkerd', ledger),
    ...linkerdSteps(site, { trustDomain, capture: 'init', ledger, epochMs: () => startedAtMs }),
  ];
  const done: string[] = [];
  for (const step of steps) {
    const found = await step.look();
    done.push(`${step.title}: ${found ?? `! ${await step.run(() => {})}`}`);
  }
  return done;
}

const startedAtMs = Date.now();
const states = new Map<Thing, 'begun' | 'made'>();
const ledger: Ledger = {
  state: (thing) => states.get(thing),
  begin: (thing) => void states.set(thing, 'begun'),
  finish: (thing) => void states.set(thing, 'made'),
  forget: (thing) => void states.delete(thing),
};

let installed: readonly string[] = [];

beforeAll(async () => {
  const node = { role: 'control-plane', image: versions.kind.nodeImage };
  const config = { kind: 'Cluster', apiVersion: 'kind.x-k8s.io/v1alpha4', nodes: [node] };
  const create = ['kind', 'create', 'cluster', '--name', name, '--config', '-', '--wait', '120s'];
  await succeed(create, { env, stdin: JSON.stringify(config), timeoutMs: 300_000 });
  installed = await install();
});

afterAll(async () => {
  await succeed(['kind', 'delete', 'cluster', '--name', name], { env });
  rmSync(folder, { recursive: true, force: true });
});

test('the steps bring the resource types along, and find them again', async () => {
  expect(installed.map((line) => line.replace(/until .*/, 'until'))).toEqual([
    'Gateway API: ! 1.5.1 experimental, installed',
    'mesh: checks before: ! passed',
    'mesh: resource types: ! 10 objects',
    'mesh: control plane: ! 2 objects, its issuer until',
    'mesh: ready: ! linkerd check passed',
  ]);
  expect(await install()).toEqual([
    'Gateway API: 1.5.1 experimental',
    `mesh: checks before: namespace ${linkerdNamespace} is there`,
    // They are found again where the file is of the pinned release; of another one, they are applied again.
    expect.stringMatching(/^mesh: resource types: (edge-[\d.]+|! 10 objects)$/),
    `mesh: control plane: Linkerd ${versions.meshes.linkerd.version}`,
    // There are no Pods of Linkerd: only its own word counts, and the program in its place gives it.
    'mesh: ready: ! linkerd check passed',
  ]);
});

describe.each(targets)('$env, capture by $capture', (target) => {
  const sets = {
    exchange: objectsOfExchange(target),
    rollouts: objectsOfRollouts(target),
    observability: objectsOfObservability(target),
  };

  beforeAll(async () => {
    for (const objects of Object.values(sets)) {
      expect(await apply(objects.filter(({ kind }) => kind === 'Namespace'))).toMatchObject({ code: 0 });
    }
  });

  test.each(['exchange', 'rollouts', 'observability'] as const)(
    'every object of %s is taken, without a warning',
    async (set) => {
      const objects = sets[set];
      const { code, stdout, stderr } = await dryRun(objects);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.trim().split('\n')).toHaveLength(objects.length);
      const kinds = new Set(objects.map(({ kind }) => kind));
      for (const kind of ['Server', 'AuthorizationPolicy', 'MeshTLSAuthentication']) expect(kinds).toContain(kind);
    },
  );
});

interface Fault {
  readonly kind: string;
  readonly what: string;
  readonly change: Readonly<Record<string, unknown>>;
  readonly said: RegExp;
}

/** `spec.proxyProtocol` of a Server is not among them: its type takes any word, and only Linkerd's own webhook knows which there are. */
const faults: readonly Fault[] = [
  {
    kind: 'Server',
    what: 'an unknown field',
    change: { accessPolice: 'deny' },
    said: /unknown field "(spec\.)?accessPolice"/,
  },
  {
    kind: 'Server',
    what: 'a wrong enum',
    change: { podSelector: { matchExpressions: [{ key: 'a', operator: 'Like' }] } },
    said: /matchExpressions\[0\]\.operator: Unsupported value: "Like"/,
  },
  {
    kind: 'MeshTLSAuthentication',
    what: 'an unknown field',
    change: { names: [] },
    said: /unknown field "(spec\.)?names"/,
  },
  {
    kind: 'AuthorizationPolicy',
    what: 'a missing field',
    change: { targetRef: { kind: 'Server' } },
    said: /targetRef.*(missing required field "name"|name: Required)/,
  },
  {
    kind: 'GatewayClass',
    what: 'a wrong name',
    change: { controllerName: 'parley' },
    said: /spec.controllerName: Invalid value/,
  },
  {
    kind: 'HTTPRoute',
    what: 'an unknown field',
    change: { rulez: [] },
    said: /unknown field "(spec\.)?rulez"/,
  },
  {
    kind: 'Gateway',
    what: 'a wrong enum',
    change: { listeners: [{ name: 'a', port: 1, protocol: 'HTTPS', tls: { mode: 'Maybe' } }] },
    said: /tls.mode: Unsupported value: "Maybe"/,
  },
];

test.each(faults)('$what in a $kind is refused by its name', async ({ kind, change, said }) => {
  const object = objectsOfExchange({ env: 'dev', capture: 'cni' }).find((each) => each.kind === kind);
  if (!object) throw new Error(`there is no ${kind}`);
  expect(await dryRun([object]), describeObject(object)).toMatchObject({ code: 0 });
  const spec: unknown = Reflect.get(object, 'spec');
  const faulty: KubeObject & { readonly spec: object } = { ...object, spec: { ...Object(spec), ...change } };
  const { code, stderr } = await dryRun([faulty]);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(said);
});
