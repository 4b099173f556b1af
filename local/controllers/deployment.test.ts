import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { condition } from '../objects/conditions.ts';
import { isReady } from '../objects/pods.ts';
import type { Stored } from '../store/types.ts';
import { createTestCluster, deployment, type TestCluster } from './test-cluster.ts';

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await createTestCluster();
});

afterEach(() => cluster.stop());

const sets = () =>
  Object.fromEntries(
    cluster.store
      .list<ReplicaSet>('ReplicaSet.apps')
      .items.map((set) => [set.spec?.template?.spec?.containers[0]?.image ?? '', set] as const),
  );
const progressing = () => condition(cluster.deployment('web').status?.conditions, 'Progressing');

function change(spec: Partial<Deployment['spec']>): Stored<Deployment> {
  const current = cluster.deployment('web');
  return cluster.store.update<Deployment>({ ...current, spec: { ...current.spec, ...spec } });
}

const image = (version: string) => {
  const { template } = deployment('web', {}, `parley/web:${version}`).spec as { template: object };
  return { template } as Partial<Deployment['spec']>;
};

describe('Deployment', () => {
  it('comes up, reports what kubectl rollout status reads, and keeps its Pods', async () => {
    cluster.store.create(deployment('web', { replicas: 3 }));
    await cluster.settle();
    expect(cluster.deployment('web').status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      unavailableReplicas: 0,
    });
    expect(progressing()).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
    expect(cluster.deployment('web').metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
    const [pod] = cluster.pods();
    expect(pod?.metadata.labels?.['pod-template-hash']).toMatch(/^[a-z0-9]{10}$/);
    cluster.store.delete('Pod', pod!.metadata.name, 'exchange', { gracePeriodSeconds: 0 });
    await cluster.settle();
    expect(cluster.pods()).toHaveLength(3);
  });

  it('rolls without falling below desired - maxUnavailable, and keeps the history for an undo', async () => {
    cluster.store.create(
      deployment('web', { replicas: 4, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }),
    );
    await cluster.settle();
    let fewest = Number.POSITIVE_INFINITY;
    let most = 0;
    const unwatch = cluster.store.watch('Pod', () => {
      const living = cluster.pods().filter((pod) => pod.metadata.deletionTimestamp === undefined);
      fewest = Math.min(fewest, living.filter(isReady).length);
      most = Math.max(most, living.length);
    });
    change(image('2.0.0'));
    await cluster.settle();
    unwatch();
    expect([fewest, most]).toEqual([4, 5]);
    expect(cluster.deployment('web').status).toMatchObject({ replicas: 4, updatedReplicas: 4, observedGeneration: 2 });
    change(image('1.0.0'));
    await cluster.settle();
    expect(sets()['parley/web:1.0.0']).toMatchObject({
      metadata: { annotations: { 'deployment.kubernetes.io/revision': '3' } },
    });
    expect(cluster.pods().every((pod) => pod.spec?.containers[0]?.image === 'parley/web:1.0.0')).toBe(true);
  });

  it('stands still when the new Pods are not ready, says so after the deadline, and recovers', async () => {
    cluster.store.create(
      deployment('web', {
        replicas: 2,
        progressDeadlineSeconds: 30,
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      }),
    );
    await cluster.settle();
    cluster.autoReady = false;
    change(image('2.0.0'));
    await cluster.settle();
    expect(cluster.deployment('web').status).toMatchObject({ updatedReplicas: 1, availableReplicas: 2 });
    cluster.clock.advance(29_000);
    await cluster.settle();
    expect(progressing()?.status).toBe('True');
    cluster.clock.advance(2000);
    await cluster.settle();
    expect(progressing()).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    cluster.autoReady = true;
    await cluster.settle();
    expect(progressing()).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('stays rolled out when it loses a Pod long after, however late the next one is ready', async () => {
    cluster.store.create(deployment('web', { replicas: 1, progressDeadlineSeconds: 30 }));
    await cluster.settle();
    cluster.clock.advance(60_000);
    cluster.autoReady = false;
    const [lost] = cluster.pods();
    cluster.store.delete('Pod', lost?.metadata.name ?? '', lost?.metadata.namespace, { gracePeriodSeconds: 0 });
    await cluster.settle();
    expect(cluster.deployment('web').status?.availableReplicas).toBe(0);
    expect(progressing()).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('recreates: the last old Pod is gone before a new one is made', async () => {
    cluster.store.create(deployment('web', { replicas: 2, strategy: { type: 'Recreate' } }));
    await cluster.settle();
    cluster.autoReady = false;
    change(image('2.0.0'));
    await cluster.settle();
    expect(cluster.pods().map((pod) => pod.spec?.containers[0]?.image)).toEqual([
      'parley/web:1.0.0',
      'parley/web:1.0.0',
    ]);
    expect(cluster.pods().every((pod) => pod.metadata.deletionTimestamp)).toBe(true);
    cluster.autoReady = true;
    await cluster.settle();
    expect(cluster.pods().map((pod) => pod.spec?.containers[0]?.image)).toEqual([
      'parley/web:2.0.0',
      'parley/web:2.0.0',
    ]);
  });

  it('waits for minReadySeconds', async () => {
    cluster.store.create(deployment('web', { replicas: 1, minReadySeconds: 10 }));
    await cluster.settle();
    expect(cluster.deployment('web').status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    cluster.clock.advance(10_000);
    await cluster.settle();
    expect(cluster.deployment('web').status).toMatchObject({ readyReplicas: 1, availableReplicas: 1 });
  });

  it('holds a roll while it is paused, but scales', async () => {
    cluster.store.create(deployment('web', { replicas: 1 }));
    await cluster.settle();
    change({ ...image('2.0.0'), paused: true, replicas: 3 });
    await cluster.settle();
    expect(Object.keys(sets())).toEqual(['parley/web:1.0.0']);
    expect(cluster.pods()).toHaveLength(3);
    expect(progressing()).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
    change({ paused: false });
    await cluster.settle();
    expect(cluster.deployment('web').status).toMatchObject({ updatedReplicas: 3, replicas: 3 });
  });

  it('keeps revisionHistoryLimit old revisions', async () => {
    cluster.store.create(deployment('web', { replicas: 1, revisionHistoryLimit: 1 }));
    for (const version of ['2.0.0', '3.0.0', '4.0.0']) {
      await cluster.settle();
      change(image(version));
    }
    await cluster.settle();
    expect(Object.keys(sets()).sort()).toEqual(['parley/web:3.0.0', 'parley/web:4.0.0']);
  });

  it('names an unknown strategy in an event of the Deployment', async () => {
    cluster.store.create(deployment('web', { strategy: { type: 'BlueGreen' } }));
    await cluster.settle();
    cluster.clock.advance(60);
    const events = cluster.store.list<{ reason: string; message: string }>('Event').items;
    expect(events.map(({ reason, message }) => `${reason}: ${message}`)).toContainEqual(
      expect.stringContaining('ReconcileError: spec.strategy.type: "BlueGreen" is none of RollingUpdate, Recreate'),
    );
  });

  it('takes the Pod that is not ready, then the youngest, when it shrinks', async () => {
    cluster.store.create(deployment('web', { replicas: 3 }));
    await cluster.settle();
    const [first, second, third] = cluster
      .pods()
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
    cluster.setReady(second!, false);
    change({ replicas: 2 });
    await cluster.settle();
    expect(
      cluster
        .pods()
        .map((pod) => pod.metadata.name)
        .sort(),
    ).toEqual([first!.metadata.name, third!.metadata.name].sort());
  });
});
