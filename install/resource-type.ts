import type { ObjectRef } from './site.ts';

/** A CustomResourceDefinition, as far as installations look at it. */
export type ResourceType = ObjectRef & {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
};

/** The resource type of a name such as `servers.policy.linkerd.io`. */
export function resourceTypeRef(name: string): ObjectRef {
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name } };
}

/**
 * Whether the API server serves the type
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#create-a-customresourcedefinition).
 */
export function isServed(type: ResourceType | undefined): boolean {
  return (
    type?.status?.conditions?.some(({ type: what, status }) => what === 'Established' && status === 'True') ?? false
  );
}
