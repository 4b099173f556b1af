import type { CustomResourceDefinition } from 'kubernetes-types/apiextensions/v1.js';
import { createQueue } from '../../kube/queue.ts';
import { groupKind } from '../objects/owners.ts';
import { createKinds } from '../store/kinds.ts';
import type { GroupKind, ObjectStore, Stored, WatchEvent } from '../store/types.ts';
import type { ControllerContext } from './controller.ts';
import { OwnerGraph } from './owner-graph.ts';

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
  const graph = new OwnerGraph(store);
  const queue = createQueue({
    clock,
    work(uid) {
      const object = graph.current(uid);
      if (object !== undefined) finishDeletion(store, graph, object);
      const after = graph.current(uid);
      if (after !== undefined) collect(store, graph, after);
      return undefined;
    },
    onError(uid, error) {
      const object = graph.current(uid);
      if (object === undefined) return;
      events.record(object, { type: 'Warning', reason: 'GarbageCollectionError', message: String(error) });
    },
  });
  const onEvent = ({ type, object }: WatchEvent) => {
    const { uid, ownerReferences, deletionTimestamp } = object.metadata;
    if (type === 'DELETED') {
      for (const touched of graph.forget(uid)) queue.add(touched);
      return;
    }
    graph.learn(object);
    if (ownerReferences !== undefined || deletionTimestamp !== undefined) queue.add(uid);
  };
  const unwatch = store.watch('*', onEvent);
  const existing = storedTypes(store).flatMap((type) => store.list(type).items);
  for (const object of existing) graph.learn(object);
  for (const object of existing) queue.add(object.metadata.uid);
  return () => {
    unwatch();
    return queue.stop();
  };
}

/** Deletes an object whose owners are all gone; forgets owners that are gone while others live. */
function collect(store: ObjectStore, graph: OwnerGraph, object: Stored): void {
  const { ownerReferences = [], deletionTimestamp, name, namespace, uid } = object.metadata;
  if (ownerReferences.length === 0 || deletionTimestamp !== undefined) return;
  const living = ownerReferences.filter((reference) => graph.has(reference.uid));
  if (living.length === 0) {
    store.delete(groupKind(object), name, namespace, { preconditions: { uid } });
  } else if (living.length < ownerReferences.length) {
    store.update({ ...object, metadata: { ...object.metadata, ownerReferences: living } });
  }
}

/** The next step of a foreground or orphan deletion. */
function finishDeletion(store: ObjectStore, graph: OwnerGraph, object: Stored): void {
  const { uid, finalizers = [], deletionTimestamp } = object.metadata;
  if (deletionTimestamp === undefined) return;
  if (finalizers.includes('orphan')) {
    for (const dependent of graph.dependents(uid)) disown(store, dependent, uid);
    release(store, object, 'orphan');
  } else if (finalizers.includes('foregroundDeletion')) {
    for (const { metadata, ...dependent } of graph.dependents(uid)) {
      if (metadata.deletionTimestamp !== undefined) continue;
      store.delete(groupKind(dependent), metadata.name, metadata.namespace, { propagationPolicy: 'Foreground' });
    }
    if (!graph.isBlocked(uid)) release(store, object, 'foregroundDeletion');
  }
}

function disown(store: ObjectStore, dependent: Stored, owner: string): void {
  const ownerReferences = dependent.metadata.ownerReferences?.filter((reference) => reference.uid !== owner);
  store.update({ ...dependent, metadata: { ...dependent.metadata, ownerReferences } });
}

function release(store: ObjectStore, object: Stored, finalizer: string): void {
  const finalizers = object.metadata.finalizers?.filter((other) => other !== finalizer);
  store.update({ ...object, metadata: { ...object.metadata, finalizers } });
}
