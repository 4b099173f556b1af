import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1.js';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { controllerOf, controllerReference } from '../objects/owners.ts';
import { selects } from '../objects/selector.ts';
import { canonicalJson, templateHash } from '../objects/template-hash.ts';
import type { ObjectStore, Stored } from '../store/types.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const hashLabel = 'pod-template-hash';
/** Annotations of a Deployment that do not describe one of its revisions. */
const ownAnnotations = new Set([revisionAnnotation, 'kubectl.kubernetes.io/last-applied-configuration']);

export interface Revisions {
  /** The ReplicaSet of the present template; undefined until it is made. */
  readonly next?: Stored<ReplicaSet>;
  /** The others, oldest first. */
  readonly old: readonly Stored<ReplicaSet>[];
}

/** The ReplicaSets of a Deployment; free ones that its selector takes are adopted. */
export function revisionsOf(store: ObjectStore, deployment: Stored<Deployment>): Revisions {
  const { namespace, uid } = deployment.metadata;
  const sets = store.list<ReplicaSet>('ReplicaSet.apps', { namespace }).items.flatMap((set) => {
    const controller = controllerOf(set);
    if (controller !== undefined) return controller.uid === uid ? [set] : [];
    if (!selects(deployment.spec?.selector, set.metadata.labels)) return [];
    const ownerReferences = [...(set.metadata.ownerReferences ?? []), controllerReference(deployment)];
    return [store.update<ReplicaSet>({ ...set, metadata: { ...set.metadata, ownerReferences } })];
  });
  const wanted = canonicalJson(withoutHash(deployment.spec?.template));
  const sorted = sets.sort((left, right) => revisionOf(left) - revisionOf(right));
  const next = sorted.find((set) => canonicalJson(withoutHash(set.spec?.template)) === wanted);
  return { ...(next === undefined ? {} : { next }), old: sorted.filter((set) => set !== next) };
}

/** The number that `kubectl rollout history` lists; 0 when it has none yet. */
export function revisionOf(object: Stored<object>): number {
  const revision = Number(object.metadata.annotations?.[revisionAnnotation] ?? 0);
  return Number.isInteger(revision) ? revision : 0;
}

/**
 * Makes the ReplicaSet of the present template with `replicas` Pods, or gives the one that is there (after an undo) the
 * highest revision. Returns it as stored.
 */
export function ensureNext(
  store: ObjectStore,
  deployment: Stored<Deployment>,
  { next, old }: Revisions,
  replicas: number,
): Stored<ReplicaSet> {
  const highest = Math.max(0, ...old.map(revisionOf));
  const revision = String(next === undefined || revisionOf(next) <= highest ? highest + 1 : revisionOf(next));
  const described = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key));
  const annotations = {
    ...next?.metadata.annotations,
    ...Object.fromEntries(described),
    [revisionAnnotation]: revision,
  };
  const minReadySeconds = deployment.spec?.minReadySeconds;
  if (next !== undefined) {
    return store.update<ReplicaSet>({
      ...next,
      metadata: { ...next.metadata, annotations },
      spec: { ...next.spec, minReadySeconds },
    });
  }
  const template = structuredClone(deployment.spec?.template) ?? {};
  const hash = templateHash(withoutHash(template));
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const { matchLabels, ...selector } = deployment.spec?.selector ?? {};
  return store.create<ReplicaSet>({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations,
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      minReadySeconds,
      selector: { ...selector, matchLabels: { ...matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
}

/** Removes finished revisions beyond spec.revisionHistoryLimit. */
export function pruneHistory(store: ObjectStore, deployment: Stored<Deployment>, old: Revisions['old']): void {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const idle = old.filter((set) => (set.spec?.replicas ?? 1) === 0 && (set.status?.replicas ?? 0) === 0);
  for (const { metadata } of idle.slice(0, Math.max(0, idle.length - limit))) {
    if (metadata.deletionTimestamp === undefined) store.delete('ReplicaSet.apps', metadata.name, metadata.namespace);
  }
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec {
  const { [hashLabel]: _hash, ...labels } = template?.metadata?.labels ?? {};
  const { annotations = {}, ...metadata } = template?.metadata ?? {};
  return { ...template, metadata: { ...metadata, annotations, labels } };
}
