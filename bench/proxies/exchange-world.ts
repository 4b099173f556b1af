import path from 'node:path';
import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { Pod, Service } from 'kubernetes-types/core/v1.js';
import { readCatalogue } from '../../charts/catalogue.ts';
import { defaultPlan } from '../../charts/plan.ts';
import { render } from '../../charts/render.ts';
import { endpointSlices } from '../../local/controllers/endpoint-slices.ts';
import { podFromTemplate } from '../../local/controllers/owned-pods.ts';
import type { MeshPod } from '../../local/sidecar/mesh-pod.ts';
import { readWorld, type World } from '../../local/sidecar/world.ts';
import { createKinds } from '../../local/store/kinds.ts';
import { openStore } from '../../local/store/object-store.ts';
import type { GroupKind, ObjectStore, Stored } from '../../local/store/types.ts';
import { nextAddress } from './addresses.ts';

const repo = path.join(import.meta.dirname, '..', '..');

/** The rendered exchange in a store, nothing running: `podsPerWorkload` ready Pods of each Deployment, with addresses of this run. */
export function exchangeStore(podsPerWorkload: number): ObjectStore {
  const catalogue = readCatalogue(path.join(repo, 'services'));
  const store = openStore({ file: ':memory:', clock: Date, kinds: createKinds() });
  for (const object of render({ plan: defaultPlan(catalogue), catalogue, mesh: 'istio', env: 'dev' })) {
    store.create({ ...object });
  }
  for (const owner of store.list<Deployment>('Deployment.apps').items) addPods(store, owner, podsPerWorkload);
  for (const owner of store.list<StatefulSet>('StatefulSet.apps').items) addPods(store, owner, 1);
  for (const service of store.list<Service>('Service').items) {
    const { namespace } = service.metadata;
    const pods = store.list<Pod>('Pod', { namespace, labels: service.spec?.selector }).items;
    for (const slice of endpointSlices(service, pods)) store.create(slice);
  }
  return store;
}

/** The same as its sidecars see it. */
export function exchangeWorld(podsPerWorkload: number, trustDomain = 'cluster.local'): World {
  const store = exchangeStore(podsPerWorkload);
  try {
    return readWorld(<T>(type: GroupKind) => store.list<T>(type).items, trustDomain);
  } finally {
    store.close();
  }
}

function addPods(store: ObjectStore, owner: Stored<Deployment | StatefulSet>, count: number): void {
  const { template } = owner.spec ?? {};
  if (!template) throw new TypeError(`${owner.kind} ${owner.metadata.name} has no template`);
  for (let index = 0; index < count; index++) {
    const pod = store.create<Pod>(podFromTemplate(owner, template, { name: `${owner.metadata.name}-${index}` }));
    const conditions = [{ type: 'Ready', status: 'True' }];
    store.updateStatus<Pod>({ ...pod, status: { phase: 'Running', podIP: nextAddress(), conditions } });
  }
}

/** The first Pod of a service. Throws TypeError when it has none. */
export function podOf(world: World, serviceAccount: string): MeshPod {
  const pod = [...world.pods.values()].find((each) => each.serviceAccount === serviceAccount);
  if (!pod) throw new TypeError(`no Pod of ${serviceAccount} in the mesh`);
  return pod;
}
