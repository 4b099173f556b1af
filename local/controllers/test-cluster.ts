import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { Pod, PodStatus } from 'kubernetes-types/core/v1.js';
import { timestamp } from '../clock.ts';
import { createKinds } from '../store/kinds.ts';
import { openStore } from '../store/object-store.ts';
import type { KubeObject, ObjectStore, Stored } from '../store/types.ts';
import { createTestClock, type TestClock } from '../test-clock.ts';
import { startControllers } from './controllers.ts';

/** A store with the controllers on it, and Pods that a test moves by hand: nothing runs. */
export interface TestCluster {
  readonly store: ObjectStore;
  readonly clock: TestClock;
  pods(): Stored<Pod>[];
  deployment(name: string): Stored<Deployment>;
  /** Runs controllers and, with `autoReady`, Pods, until nothing changes any more. */
  settle(): Promise<void>;
  setReady(pod: Stored<Pod>, ready: boolean): void;
  finish(pod: Stored<Pod>, phase: 'Succeeded' | 'Failed'): void;
  /** New Pods become ready by themselves, and deleted ones go. */
  autoReady: boolean;
  stop(): Promise<void>;
}

export async function createTestCluster(): Promise<TestCluster> {
  const clock = createTestClock();
  const store = openStore({ file: ':memory:', clock, kinds: createKinds() });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'exchange' } });
  const controllers = startControllers({ store, clock });
  let changes = 0;
  const unwatch = store.watch('*', () => {
    changes += 1;
  });
  const pods = () => store.list<Pod>('Pod').items;
  const write = (pod: Stored<Pod>, status: PodStatus) => store.updateStatus<Pod>({ ...pod, status });
  const running = (pod: Stored<Pod>, ready: boolean): PodStatus => {
    const host = (Number(pod.metadata.resourceVersion) % 250) + 1;
    const conditions = [
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: timestamp(clock.now()) },
    ];
    return { phase: 'Running', podIP: pod.status?.podIP ?? `127.1.1.${host}`, conditions };
  };
  const movePods = () => {
    for (const pod of pods()) {
      const { deletionTimestamp, name, namespace } = pod.metadata;
      if (deletionTimestamp !== undefined) store.delete('Pod', name, namespace, { gracePeriodSeconds: 0 });
      else if ((pod.status?.phase ?? 'Pending') === 'Pending') write(pod, running(pod, true));
    }
  };
  const cluster: TestCluster = {
    store,
    clock,
    pods,
    autoReady: true,
    deployment(name) {
      const found = store.get<Deployment>('Deployment.apps', name, 'exchange');
      if (found === undefined) throw new Error(`no Deployment ${name}`);
      return found;
    },
    async settle() {
      let quietTurns = 0;
      for (let seen = -1; quietTurns < 5; quietTurns = seen === changes ? quietTurns + 1 : 0) {
        seen = changes;
        if (cluster.autoReady) movePods();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    setReady: (pod, ready) => void write(pod, running(pod, ready)),
    finish(pod, phase) {
      const exitCode = phase === 'Failed' ? 1 : 0;
      const finishedAt = timestamp(clock.now());
      const terminated = { exitCode, finishedAt };
      const status = { name: 'app', image: '', imageID: '', ready: false, restartCount: 0, state: { terminated } };
      write(pod, { phase, containerStatuses: [status] });
    },
    async stop() {
      unwatch();
      await controllers.stop();
      store.close();
    },
  };
  await cluster.settle();
  return cluster;
}

const template = (app: string, image: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'app', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
});

/** A Deployment of one container. */
export function deployment(
  name: string,
  spec: Partial<Deployment['spec']> = {},
  image = 'parley/web:1.0.0',
): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'exchange' },
    spec: { selector: { matchLabels: { app: name } }, template: template(name, image), ...spec },
  };
}

/** A StatefulSet of one container. */
export function statefulSet(
  name: string,
  spec: Partial<StatefulSet['spec']> = {},
  image = 'parley/db:1.0.0',
): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace: 'exchange' },
    spec: { serviceName: name, selector: { matchLabels: { app: name } }, template: template(name, image), ...spec },
  };
}
