import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import type { MeshIntent } from './intent.ts';

/** What every object of the API has, whatever its kind. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta & { readonly name: string };
}

/** Labels of every object that this kit makes. */
export const ownLabels = {
  'app.kubernetes.io/part-of': 'exchange',
  'app.kubernetes.io/managed-by': 'parley',
} as const;

/** Labels of every object of another part of the kit than the exchange; absent: of the exchange. */
export function labelsOf(partOf: string = ownLabels['app.kubernetes.io/part-of']): Record<string, string> {
  return { ...ownLabels, 'app.kubernetes.io/part-of': partOf };
}

/** Labels that select every Pod of a service, whatever its release. */
export function serviceSelector(service: string): Record<string, string> {
  return { 'app.kubernetes.io/name': service };
}

/** Labels that select the Pods of one release. */
export function releaseSelector(service: string, version: string): Record<string, string> {
  return { ...serviceSelector(service), 'app.kubernetes.io/version': version };
}

/** Metadata of an object that belongs to `service`; `annotations` are left out when there are none. */
export function metadataOf(
  intent: Pick<MeshIntent, 'namespace'>,
  name: string,
  service: string | undefined,
  annotations: Readonly<Record<string, string>> = {},
): ObjectMeta & { name: string } {
  return {
    name,
    namespace: intent.namespace,
    labels: { ...(service ? serviceSelector(service) : {}), ...ownLabels },
    ...(Object.keys(annotations).length > 0 ? { annotations: { ...annotations } } : {}),
  };
}

/** `HTTPRoute exchange/orders`: how findings and errors name an object. */
export function describeObject(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return `${object.kind} ${namespace ? `${namespace}/` : ''}${name}`;
}
