import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { startControllers } from '../controllers/controllers.ts';
import { deployment } from '../controllers/test-cluster.ts';
import { eventually } from '../test-clock.ts';
import { forever, openTestNode, script, type TestNode, testNamespace } from './test-node.ts';

let node: TestNode;
let controllers: ReturnType<typeof startControllers>;

beforeEach(async () => {
  node = await openTestNode();
  controllers = startControllers({ store: node.store, clock: systemClock });
});

afterEach(async () => {
  await controllers.stop();
  await node.close();
});

const web = (version: string, overrides = {}) => {
  const template = {
    metadata: { labels: { app: 'web', version } },
    spec: { terminationGracePeriodSeconds: 2, containers: [script(forever, overrides)] },
  };
  return deployment('web', { replicas: 2, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, template });
};
const stored = () => node.store.get<Deployment>('Deployment.apps', 'web', testNamespace);
const complete = () => {
  const { metadata, status } = stored() ?? {};
  return (
    status?.observedGeneration === metadata?.generation &&
    status?.updatedReplicas === 2 &&
    status.replicas === 2 &&
    status.availableReplicas === 2
  );
};
const endpoints = () =>
  node.store
    .list<EndpointSlice>('EndpointSlice.discovery.k8s.io')
    .items.flatMap((slice) => slice.endpoints.filter(({ conditions }) => conditions?.ready));

describe('controllers and runtime together', () => {
  it('roll real Pods; the Service never has fewer ready endpoints than asked for', async () => {
    const metadata = { name: 'web', namespace: testNamespace };
    node.store.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app: 'web' }, ports: [{ port: 8080 }] },
    });
    node.store.create(web('1'));
    await eventually(
      'two endpoints',
      () => complete() && endpoints().length === 2,
      () => stored()?.status,
    );
    let fewest = 2;
    const unwatch = node.store.watch('EndpointSlice.discovery.k8s.io', () => {
      fewest = Math.min(fewest, endpoints().length);
    });
    node.store.update({ ...stored()!, ...web('2'), metadata: stored()!.metadata });
    await eventually(
      'rolled',
      () => complete() && endpoints().length === 2,
      () => stored()?.status,
    );
    unwatch();
    expect(fewest).toBe(2);
    await eventually('the old Pods are gone', () => pods().length === 2);
    expect(pods().map(({ metadata: { labels } }) => labels?.version)).toEqual(['2', '2']);
  });

  const pods = () => node.store.list<Pod>('Pod').items;

  it('a broken release stops at the surge, the old one serves on, and everything goes with the namespace', async () => {
    node.store.create(web('1'));
    await eventually('up', complete, () => stored()?.status);
    node.store.update({ ...stored()!, ...web('2', { image: 'test/none:1' }), metadata: stored()!.metadata });
    await eventually('the new Pod waits', () =>
      pods().some(({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff'),
    );
    expect(stored()?.status).toMatchObject({ availableReplicas: 2, updatedReplicas: 1, unavailableReplicas: 1 });
    node.store.delete('Namespace', testNamespace);
    await eventually('all is gone', () => node.store.get('Namespace', testNamespace) === undefined, pods);
    expect([...node.runtime.usage.pods()]).toEqual([]);
  });
});
