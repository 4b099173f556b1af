import type { Service } from 'kubernetes-types/core/v1.js';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freeAddress } from './service-address.ts';
import { createTestCluster, deployment, type TestCluster } from './test-cluster.ts';

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await createTestCluster();
});

afterEach(() => cluster.stop());

const names = (type: string) =>
  cluster.store.list(type, { namespace: 'exchange' }).items.map(({ metadata }) => metadata.name);

describe('Services', () => {
  const service = (name: string, spec: Service['spec'] = {}) =>
    cluster.store.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'exchange' },
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
    });
  const slices = () => cluster.store.list<EndpointSlice>('EndpointSlice.discovery.k8s.io').items;

  it('follow the readiness of their Pods, and a Pod that goes', async () => {
    service('web');
    cluster.store.create(deployment('web', { replicas: 2 }));
    await cluster.settle();
    const [slice] = slices();
    expect(slice).toMatchObject({ addressType: 'IPv4', ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] });
    expect(slice?.metadata.labels?.['kubernetes.io/service-name']).toBe('web');
    const [pod] = cluster.pods();
    expect(slice?.endpoints).toContainEqual(
      expect.objectContaining({
        addresses: [pod?.status?.podIP],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: expect.objectContaining({ kind: 'Pod', name: pod?.metadata.name, uid: pod?.metadata.uid }),
      }),
    );
    cluster.autoReady = false;
    cluster.setReady(pod!, false);
    await cluster.settle();
    const of = (name?: string) => slices()[0]?.endpoints.find(({ targetRef }) => targetRef?.name === name)?.conditions;
    expect(of(pod?.metadata.name)).toEqual({ ready: false, serving: false, terminating: false });
    const going = cluster.pods()[1]!.metadata.name;
    cluster.store.delete('Pod', going, 'exchange');
    await cluster.settle();
    expect(of(going)).toEqual({ ready: false, serving: true, terminating: true });
    expect(slices()).toHaveLength(1);
  });

  it('get an address of their own, but not when headless', async () => {
    service('one');
    service('two');
    service('none', { clusterIP: 'None' });
    await cluster.settle();
    const addresses = cluster.store.list<Service>('Service').items.map(({ spec }) => spec?.clusterIP);
    expect(addresses.sort()).toEqual(['10.96.0.10', '10.96.0.11', 'None']);
    expect(freeAddress(new Set(['10.96.0.10']))).toBe('10.96.0.11');
  });

  it('take their slices along when they go', async () => {
    service('web');
    await cluster.settle();
    expect(slices()).toHaveLength(1);
    cluster.store.delete('Service', 'web', 'exchange');
    await cluster.settle();
    expect(slices()).toEqual([]);
  });
});

describe('garbage collection', () => {
  const remove = (propagationPolicy: 'Background' | 'Foreground' | 'Orphan') =>
    cluster.store.delete('Deployment.apps', 'web', 'exchange', { propagationPolicy });

  beforeEach(async () => {
    cluster.store.create(deployment('web', { replicas: 2 }));
    await cluster.settle();
  });

  it('background: the owner goes at once, then what it owned', async () => {
    remove('Background');
    expect(names('Deployment.apps')).toEqual([]);
    await cluster.settle();
    expect([names('ReplicaSet.apps'), names('Pod')]).toEqual([[], []]);
  });

  it('foreground: the owner goes last', async () => {
    cluster.autoReady = false;
    remove('Foreground');
    await cluster.settle();
    expect(names('Deployment.apps')).toEqual(['web']);
    expect(cluster.pods().every(({ metadata }) => metadata.deletionTimestamp)).toBe(true);
    cluster.autoReady = true;
    await cluster.settle();
    expect([names('Deployment.apps'), names('ReplicaSet.apps'), names('Pod')]).toEqual([[], [], []]);
  });

  it('orphan: what it owned stays, and a new owner adopts it', async () => {
    remove('Orphan');
    await cluster.settle();
    expect([names('Deployment.apps'), names('ReplicaSet.apps').length, names('Pod').length]).toEqual([[], 1, 2]);
    const pods = names('Pod');
    cluster.store.create(deployment('web', { replicas: 2 }));
    await cluster.settle();
    expect(names('Pod')).toEqual(pods);
    expect(names('ReplicaSet.apps')).toHaveLength(1);
  });
});

describe('namespaces', () => {
  it('have a default ServiceAccount, also when it was deleted', async () => {
    expect(names('ServiceAccount')).toEqual(['default']);
    cluster.store.delete('ServiceAccount', 'default', 'exchange');
    await cluster.settle();
    expect(names('ServiceAccount')).toEqual(['default']);
  });

  it('go with everything in them', async () => {
    cluster.store.create(deployment('web', { replicas: 2 }));
    await cluster.settle();
    cluster.autoReady = false;
    cluster.store.delete('Namespace', 'exchange');
    await cluster.settle();
    expect(cluster.store.get('Namespace', 'exchange')?.status).toEqual({ phase: 'Terminating' });
    cluster.autoReady = true;
    await cluster.settle();
    expect(cluster.store.get('Namespace', 'exchange')).toBeUndefined();
  });
});

describe('PodDisruptionBudgets', () => {
  it('count healthy Pods against what their owner wants', async () => {
    cluster.store.create(deployment('web', { replicas: 3 }));
    cluster.store.create({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web', namespace: 'exchange' },
      spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
    });
    await cluster.settle();
    const status = () => cluster.store.get('PodDisruptionBudget.policy', 'web', 'exchange')?.status;
    expect(status()).toMatchObject({ expectedPods: 3, currentHealthy: 3, desiredHealthy: 2, disruptionsAllowed: 1 });
    cluster.setReady(cluster.pods()[0]!, false);
    await cluster.settle();
    expect(status()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0 });
  });
});
