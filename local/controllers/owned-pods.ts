import type { Pod, PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import type { LabelSelector } from 'kubernetes-types/meta/v1.js';
import { controllerOf, controllerReference } from '../objects/owners.ts';
import { isActive } from '../objects/pods.ts';
import { selects } from '../objects/selector.ts';
import type { KubeObject, ObjectStore, Stored } from '../store/types.ts';

/** The Pods that `owner` controls. Free Pods that its selector takes are adopted, as Kubernetes does. */
export function ownedPods(store: ObjectStore, owner: Stored<object>, selector?: LabelSelector): Stored<Pod>[] {
  const { namespace, uid, deletionTimestamp } = owner.metadata;
  return store.list<Pod>('Pod', { namespace }).items.flatMap((pod) => {
    const controller = controllerOf(pod);
    if (controller !== undefined) return controller.uid === uid ? [pod] : [];
    if (deletionTimestamp !== undefined || !isActive(pod) || !selects(selector, pod.metadata.labels)) return [];
    const ownerReferences = [...(pod.metadata.ownerReferences ?? []), controllerReference(owner)];
    return [store.update<Pod>({ ...pod, metadata: { ...pod.metadata, ownerReferences } })];
  });
}

/** A Pod as a template asks for it, controlled by `owner`. */
export function podFromTemplate(
  owner: Stored<object>,
  template: PodTemplateSpec,
  name: { readonly name: string } | { readonly generateName: string },
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...name,
      namespace: owner.metadata.namespace,
      labels: { ...template.metadata?.labels },
      annotations: { ...template.metadata?.annotations },
      finalizers: template.metadata?.finalizers,
      ownerReferences: [controllerReference(owner)],
    },
    spec: structuredClone(template.spec),
  };
}
