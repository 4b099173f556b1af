import type { OwnerReference, Stored, StoredMeta } from '../store/types.ts';

/** The reference that makes `owner` the controller of an object. */
export function controllerReference(owner: Stored<object>): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The owner that controls the object, if one does. */
export function controllerOf(object: { readonly metadata: Partial<StoredMeta> }): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** `Kind` or `Kind.group` of an object or a reference. */
export function groupKind(object: { readonly apiVersion: string; readonly kind: string }): string {
  const slash = object.apiVersion.indexOf('/');
  return slash < 0 ? object.kind : `${object.kind}.${object.apiVersion.slice(0, slash)}`;
}
