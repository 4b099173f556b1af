import type { StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { PersistentVolumeClaim, PodSpec, PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { controllerReference } from '../objects/owners.ts';
import { templateHash } from '../objects/template-hash.ts';
import type { KubeObject, ObjectStore, Stored } from '../store/types.ts';
import { podFromTemplate } from './owned-pods.ts';

export const revisionLabel = 'controller-revision-hash';

/** A stored template of a StatefulSet. */
export interface ControllerRevision {
  readonly revision: number;
  readonly data: { readonly spec: { readonly template: PodTemplateSpec } };
}

const kind = 'ControllerRevision.apps';

/** The revision of the present template, made when it is new; `kubectl rollout history` lists them. */
export function ensureRevision(store: ObjectStore, set: Stored<StatefulSet>): Stored<ControllerRevision> {
  const template = set.spec?.template ?? {};
  const name = `${set.metadata.name}-${templateHash(template)}`;
  const { namespace, uid } = set.metadata;
  const all = revisionsOfSet(store, set);
  const highest = Math.max(0, ...all.map(({ revision }) => revision));
  const known = all.find((revision) => revision.metadata.name === name);
  if (known !== undefined) {
    return known.revision === highest ? known : store.update<ControllerRevision>({ ...known, revision: highest + 1 });
  }
  const labels = { ...template.metadata?.labels, [revisionLabel]: name };
  const limit = set.spec?.revisionHistoryLimit ?? 10;
  const used = new Set([set.status?.currentRevision, set.status?.updateRevision]);
  const unused = all.filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === uid && !used.has(metadata.name));
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - limit)))
    store.delete(kind, metadata.name, namespace);
  return store.create<ControllerRevision>({
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name, namespace, labels, ownerReferences: [controllerReference(set)] },
    revision: highest + 1,
    data: { spec: { template: { ...structuredClone(template), $patch: 'replace' } } },
  });
}

/** Oldest first. */
export function revisionsOfSet(store: ObjectStore, set: Stored<StatefulSet>): Stored<ControllerRevision>[] {
  return store
    .list<ControllerRevision>(kind, { namespace: set.metadata.namespace })
    .items.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid))
    .sort((left, right) => left.revision - right.revision);
}

/** The ordinal in a Pod's name; undefined for a Pod that is not named as one of this set. */
export function ordinalOf(set: Stored<StatefulSet>, podName: string): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const rest = podName.startsWith(prefix) ? podName.slice(prefix.length) : '';
  return /^\d+$/.test(rest) ? Number(rest) : undefined;
}

/** The Pod of one ordinal, with its stable name, host name and claims. */
export function statefulPod(
  set: Stored<StatefulSet>,
  revision: Stored<ControllerRevision>,
  ordinal: number,
): KubeObject {
  const { template } = revision.data.spec;
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podFromTemplate(set, template, { name });
  const claims = (set.spec?.volumeClaimTemplates ?? []).map((claim) => claim.metadata?.name ?? '');
  const { volumes = [], ...spec } = pod.spec as PodSpec;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        [revisionLabel]: revision.metadata.name,
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(ordinal),
      },
    },
    spec: {
      ...spec,
      hostname: name,
      subdomain: set.spec?.serviceName,
      volumes: [
        ...volumes.filter((volume) => !claims.includes(volume.name)),
        ...claims.map((claim) => ({ name: claim, persistentVolumeClaim: { claimName: `${claim}-${name}` } })),
      ],
    },
  };
}

/** Makes the claims of one ordinal that are not there yet; they outlive the Pod and the set. */
export function ensureClaims(store: ObjectStore, set: Stored<StatefulSet>, ordinal: number): void {
  for (const template of set.spec?.volumeClaimTemplates ?? []) {
    const name = `${template.metadata?.name}-${set.metadata.name}-${ordinal}`;
    const { namespace } = set.metadata;
    if (store.get<PersistentVolumeClaim>('PersistentVolumeClaim', name, namespace) !== undefined) continue;
    const labels = { ...template.metadata?.labels, ...set.spec?.selector.matchLabels };
    store.create({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace, labels, annotations: template.metadata?.annotations },
      spec: template.spec,
    });
  }
}
