import fc from 'fast-check';
import type { StatefulSet } from 'kubernetes-types/apps/v1.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isReady } from '../objects/pods.ts';
import { type OrdinalState, type StatefulState, statefulSetStep } from './stateful-set-step.ts';
import { createTestCluster, statefulSet, type TestCluster } from './test-cluster.ts';

const pod = (ordinal: number, overrides: Partial<OrdinalState> = {}): OrdinalState => ({
  ordinal,
  revision: 'new',
  available: true,
  terminating: false,
  finished: false,
  ...overrides,
});
const state = (overrides: Partial<StatefulState>): StatefulState => ({
  replicas: 3,
  start: 0,
  ordered: true,
  currentRevision: 'old',
  updateRevision: 'new',
  partition: 0,
  pods: [],
  ...overrides,
});

describe('statefulSetStep', () => {
  it.each<[string, Partial<StatefulState>, unknown[]]>([
    ['starts with the first', {}, [{ kind: 'create', ordinal: 0, revision: 'new' }]],
    ['waits for the first', { pods: [pod(0, { available: false })] }, []],
    ['goes on', { pods: [pod(0)] }, [{ kind: 'create', ordinal: 1, revision: 'new' }]],
    [
      'starts all in parallel',
      { ordered: false, pods: [pod(1)] },
      [0, 2].map((ordinal) => ({ kind: 'create', ordinal, revision: 'new' })),
    ],
    ['removes the highest first', { replicas: 1, pods: [pod(0), pod(1), pod(2)] }, [{ kind: 'delete', ordinal: 2 }]],
    ['removes one at a time', { replicas: 1, pods: [pod(0), pod(1), pod(2, { terminating: true })] }, []],
    [
      'updates the highest first',
      { pods: [0, 1, 2].map((o) => pod(o, { revision: 'old' })) },
      [{ kind: 'delete', ordinal: 2 }],
    ],
    [
      'stops at the partition',
      { partition: 2, pods: [pod(0, { revision: 'old' }), pod(1, { revision: 'old' }), pod(2)] },
      [],
    ],
    [
      'makes Pods below the partition of the old revision',
      { partition: 2, pods: [pod(0, { revision: 'old' }), pod(2)] },
      [{ kind: 'create', ordinal: 1, revision: 'old' }],
    ],
    [
      'OnDelete replaces nothing',
      { partition: undefined, pods: [0, 1, 2].map((o) => pod(o, { revision: 'old' })) },
      [],
    ],
    ['replaces a finished Pod', { pods: [pod(0, { finished: true })] }, [{ kind: 'delete', ordinal: 0 }]],
    [
      'replaces an old Pod that never became ready',
      { pods: [pod(0, { revision: 'old', available: false })] },
      [{ kind: 'delete', ordinal: 0 }],
    ],
  ])('%s', (_title, overrides, expected) => {
    expect(statefulSetStep(state(overrides))).toEqual(expected);
  });

  it('ordered: changes one Pod at a time and never one while another is away', () => {
    const arbitraryPod = fc.record({
      revision: fc.constantFrom('old', 'new'),
      available: fc.boolean(),
      terminating: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(arbitraryPod, { maxLength: 6 }), fc.nat({ max: 6 }), (pods, replicas) => {
        const all = pods.map((entry, ordinal) => pod(ordinal, entry));
        const actions = statefulSetStep(state({ replicas, pods: all }));
        expect(actions.length).toBeLessThanOrEqual(1);
        if (all.some(({ terminating }) => terminating) && actions[0]?.kind === 'delete') {
          // Only a Pod that is broken already may go while another one goes.
          expect(all[actions[0].ordinal]?.available).toBe(false);
        }
      }),
    );
  });
});

describe('StatefulSet', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await createTestCluster();
  });
  afterEach(() => cluster.stop());
  const stored = () => cluster.store.get<StatefulSet>('StatefulSet.apps', 'db', 'exchange')!;

  it('makes ordinals in order with their claims, updates from the top, and keeps revisions', async () => {
    const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } };
    cluster.autoReady = false;
    cluster.store.create(statefulSet('db', { replicas: 2, volumeClaimTemplates: [claim] }));
    await cluster.settle();
    expect(cluster.pods().map(({ metadata }) => metadata.name)).toEqual(['db-0']);
    cluster.autoReady = true;
    await cluster.settle();
    expect(cluster.pods().map(({ metadata }) => metadata.name)).toEqual(['db-0', 'db-1']);
    expect(cluster.pods()[1]?.spec).toMatchObject({
      hostname: 'db-1',
      subdomain: 'db',
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-1' } }],
    });
    expect(cluster.store.list('PersistentVolumeClaim').items.map(({ metadata }) => metadata.name)).toEqual([
      'data-db-0',
      'data-db-1',
    ]);

    const fresh = statefulSet('db', { replicas: 2, volumeClaimTemplates: [claim] }, 'parley/db:2.0.0').spec;
    let fewest = 2;
    const unwatch = cluster.store.watch('Pod', () => {
      fewest = Math.min(fewest, cluster.pods().filter(isReady).length);
    });
    cluster.store.update({ ...stored(), spec: fresh });
    await cluster.settle();
    unwatch();
    expect(fewest).toBe(1);
    expect(cluster.pods().map(({ spec }) => spec?.containers[0]?.image)).toEqual([
      'parley/db:2.0.0',
      'parley/db:2.0.0',
    ]);
    const { status } = stored();
    expect(status).toMatchObject({
      replicas: 2,
      readyReplicas: 2,
      updatedReplicas: 2,
      currentReplicas: 2,
      observedGeneration: 2,
    });
    expect(status?.currentRevision).toBe(status?.updateRevision);
    expect(
      cluster.store
        .list('ControllerRevision.apps')
        .items.map(({ revision }) => revision)
        .sort(),
    ).toEqual([1, 2]);
  });
});
