import type { CustomResourceDefinition } from 'kubernetes-types/apiextensions/v1.js';
import { groupKind } from '../objects/owners.ts';
import { createKinds } from '../store/kinds.ts';
import type { GroupKind, ObjectStore, Stored, WatchEvent } from '../store/types.ts';
import type { ControllerContext } from './controller.ts';
import { createQueue } from './queue.ts';

interface Node {
  readonly type: GroupKind;
  readonly name: string;
  readonly namespace?: string;
  readonly owners: readonly string[];
  /** Owners that wait for this object in a foreground deletion. */
  readonly blocks: readonly string[];
}

/** Every namespaced and cluster-scoped kind that the store can hold now, also custom ones. */
export function storedTypes(store: ObjectStore): GroupKind[] {
  const builtIn = createKinds()
    .all()
    .map(({ group, kind }) => (group === '' ? kind : `${kind}.${group}`));
  const custom = store
    .list<CustomResourceDefinition>('CustomResourceDefinition.apiextensions.k8s.io')
    .items.map(({ spec }) => `${spec.names.kind}.${spec.group}`);
  return [...new Set([...builtIn, ...custom])];
}

/**
 * Deletes what is owned by nothing any more, and carries out foreground and orphan deletions
 * (https://kubernetes.io/docs/concepts/architecture/garbage-collection/). Returns what stops it.
 */
export function runGarbageCollector({ store, clock, events }: ControllerContext): () => Promise<void> {
  const nodes = new Map<string, Node>();
  const dependents = new Map<string, Set<string>>();

  const forget = (uid: string) => {
    for (const owner of nodes.get(uid)?.owners ?? []) dependents.get(owner)?.delete(uid);
    nodes.delete(uid);
  };
  const learn = (object: Stored) => {
    const { uid, name, namespace, ownerReferences = [] } = object.metadata;
    forget(uid);
    const owners = ownerReferences.map((reference) => reference.uid);
    const blocks = ownerReferences
      .filter((reference) => reference.blockOwnerDeletion)
      .map((reference) => reference.uid);
    nodes.set(uid, { type: groupKind(object), name, namespace, owners, blocks });
    for (const owner of owners) dependents.set(owner, (dependents.get(owner) ?? new Set()).add(uid));
  };
  const current = (uid: string): Stored | undefined => {
    const node = nodes.get(uid);
    const object = node && store.get(node.type, node.name, node.namespace);
    return object?.metadata.uid === uid ? object : undefined;
  };

  const collect = (object: Stored) => {
    const { ownerReferences = [], deletionTimestamp, name, namespace } = object.metadata;
    if (ownerReferences.length === 0 || deletionTimestamp !== undefined) return;
    const living = ownerReferences.filter((reference) => nodes.has(reference.uid));
    if (living.length === 0) {
      store.delete(groupKind(object), name, namespace, { preconditions: { uid: object.metadata.uid } });
    } else if (living.length < ownerReferences.length) {
      store.update({ ...object, metadata: { ...object.metadata, ownerReferences: living } });
    }
  };

  const finish = (object: Stored) => {
    const { uid, finalizers = [], deletionTimestamp } = object.metadata;
    if (deletionTimestamp === undefined) return;
    const owned = [...(dependents.get(uid) ?? [])].flatMap((dependent) => current(dependent) ?? []);
    if (finalizers.includes('orphan')) {
      for (const dependent of owned) disown(store, dependent, uid);
      release(store, object, 'orphan');
    } else if (finalizers.includes('foregroundDeletion')) {
      for (const { metadata, ...dependent } of owned) {
        if (metadata.deletionTimestamp !== undefined) continue;
        store.delete(groupKind(dependent), metadata.name, metadata.namespace, { propagationPolicy: 'Foreground' });
      }
      const blocking = [...(dependents.get(uid) ?? [])].some((dependent) => nodes.get(dependent)?.blocks.includes(uid));
      if (!blocking) release(store, object, 'foregroundDeletion');
    }
  };

  const queue = createQueue({
    clock,
    work(uid) {
      const object = current(uid);
      if (object === undefined) return undefined;
      finish(object);
      const after = current(uid);
      if (after !== undefined) collect(after);
      return undefined;
    },
    onError(uid, error) {
      const object = current(uid);
      if (object === undefined) return;
      events.record(object, { type: 'Warning', reason: 'GarbageCollectionError', message: String(error) });
    },
  });

  const onEvent = ({ type, object }: WatchEvent) => {
    const { uid } = object.metadata;
    const owners = nodes.get(uid)?.owners ?? [];
    if (type !== 'DELETED') {
      learn(object);
      if (object.metadata.ownerReferences !== undefined || object.metadata.deletionTimestamp !== undefined)
        queue.add(uid);
      return;
    }
    forget(uid);
    for (const dependent of dependents.get(uid) ?? []) queue.add(dependent);
    for (const owner of owners) queue.add(owner);
    dependents.delete(uid);
  };

  const unwatch = store.watch('*', onEvent);
  const existing = storedTypes(store).flatMap((type) => store.list(type).items);
  for (const object of existing) learn(object);
  for (const object of existing) queue.add(object.metadata.uid);
  return () => {
    unwatch();
    return queue.stop();
  };
}

function disown(store: ObjectStore, dependent: Stored, owner: string): void {
  const ownerReferences = dependent.metadata.ownerReferences?.filter((reference) => reference.uid !== owner);
  store.update({ ...dependent, metadata: { ...dependent.metadata, ownerReferences } });
}

function release(store: ObjectStore, object: Stored, finalizer: string): void {
  const finalizers = object.metadata.finalizers?.filter((other) => other !== finalizer);
  store.update({ ...object, metadata: { ...object.metadata, finalizers } });
}
