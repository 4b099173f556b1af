import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Container, Pod, PodSpec } from 'kubernetes-types/core/v1.js';
import { openClusterStore } from '../api/cluster-store.ts';
import { systemClock } from '../clock.ts';
import { sweepPod } from '../process/sweep.ts';
import type { Sidecars } from '../sidecar/types.ts';
import type { KubeObject, ObjectStore, Stored } from '../store/types.ts';
import { eventually } from '../test-clock.ts';
import { createImages } from './images.ts';
import { createRuntime, type Runtime } from './runtime.ts';

/** Pods without a mesh: no sidecar runs, programs with the annotation get their socket folder. */
export const meshless: Sidecars = {
  start: async () => undefined,
  environment(pod): Record<string, string> {
    return pod.metadata.annotations?.['parley.dev/sockets'] === 'true' ? { PARLEY_SOCKETS: '.' } : {};
  },
  drained: async () => undefined,
  stop: async () => undefined,
};

export const testNamespace = 'exchange';

/** A store and a runtime on a folder of their own; Pods are real processes. */
export interface TestNode {
  readonly dir: string;
  readonly store: ObjectStore;
  readonly runtime: Runtime;
  readonly problems: string[];
  pod(name: string): Stored<Pod> | undefined;
  create(name: string, spec: Partial<PodSpec>, metadata?: KubeObject['metadata']): Stored<Pod>;
  until<T>(what: string, name: string, check: (pod: Stored<Pod>) => T | undefined | false): Promise<T>;
  gone(name: string): Promise<void>;
  events(name: string): string[];
  logs(name: string, options?: Parameters<Runtime['logs']['open']>[3], container?: string): Promise<string>;
  close(): Promise<void>;
}

/** Opens what `dir` holds, or a new folder: with the image `test/node:1`, which is Node itself. */
export async function openTestNode(
  options: { readonly dir?: string; readonly sidecars?: Sidecars } = {},
): Promise<TestNode> {
  const dir = options.dir ?? mkdtempSync(path.join(tmpdir(), 'parley-runtime-'));
  const image = path.join(dir, 'images/test/node/1');
  mkdirSync(image, { recursive: true });
  writeFileSync(path.join(image, 'image.json'), JSON.stringify({ name: 'test/node:1', command: ['{node}'] }));
  const { store } = openClusterStore({ file: path.join(dir, 'store.db'), clock: Date, validators: [] });
  if (store.get('Namespace', testNamespace) === undefined) {
    store.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: testNamespace, labels: { 'istio-injection': 'enabled' } },
    });
  }
  const problems: string[] = [];
  const envoy = () => 'no-envoy-here';
  const runtime = createRuntime({
    store,
    sidecars: options.sidecars ?? meshless,
    images: createImages({ roots: [path.join(dir, 'images')], repo: dir, node: process.execPath, envoy }),
    stateDir: dir,
    addressBlock: '127.199',
    clock: systemClock,
    backoffBaseMs: 100,
    onProblem: (message) => problems.push(message),
  });
  await runtime.start();
  const pod = (name: string) => store.get<Pod>('Pod', name, testNamespace);
  const eventList = (name: string) =>
    store
      .list<{ involvedObject: { name: string }; reason: string; message: string }>('Event')
      .items.filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason, message }) => `${reason}: ${message}`);
  return {
    dir,
    store,
    runtime,
    problems,
    pod,
    events: eventList,
    create: (name, spec, metadata = {}) => store.create<Pod>(podObject(name, spec, metadata)),
    until: (what, name, check) =>
      eventually(
        what,
        () => {
          const found = pod(name);
          return found === undefined ? undefined : check(found);
        },
        () => ({ status: pod(name)?.status, events: eventList(name), problems }),
      ),
    async gone(name) {
      await eventually(
        `${name} is gone`,
        () => pod(name) === undefined,
        () => ({ pod: pod(name), problems }),
      );
    },
    async logs(name, logOptions = {}, container = '') {
      const chunks: Uint8Array[] = [];
      const { signal } = new AbortController();
      for await (const chunk of runtime.logs.open(testNamespace, name, container, logOptions, signal))
        chunks.push(chunk);
      return Buffer.concat(chunks).toString('utf8');
    },
    async close() {
      await runtime.stop();
      store.close();
      for (const uid of readdirSync(path.join(dir, 'pods'))) await sweepPod(uid);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A Pod object; its containers default to the image `test/node:1`. */
export function podObject(name: string, spec: Partial<PodSpec>, metadata: KubeObject['metadata'] = {}): KubeObject {
  const { containers = [], ...rest } = spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: testNamespace, ...metadata },
    spec: { terminationGracePeriodSeconds: 5, containers, ...rest },
  };
}

/** A container that runs a script. */
export function script(code: string, overrides: Partial<Container> = {}): Container {
  return { name: 'app', image: 'test/node:1', args: ['-e', code], ...overrides };
}

export const forever = 'setInterval(() => {}, 1000);';

/** The container's status by name, from containers and init containers. */
export function statusOf(pod: Stored<Pod>, container = 'app') {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container);
}
