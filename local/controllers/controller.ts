import { createQueue } from '../../kube/queue.ts';
import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../objects/events.ts';
import type { GroupKind, ObjectStore, Stored, WatchEvent } from '../store/types.ts';

/** Which object to reconcile. Cluster-scoped objects have no namespace. */
export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

export interface ControllerContext {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** Brings the world to what objects of one kind ask for. */
export interface Controller {
  /** The kind whose objects are its keys; every change of one reconciles it. */
  readonly kind: GroupKind;
  /** Other kinds it depends on, and which keys a change of one concerns. */
  readonly watches?: Readonly<Record<GroupKind, (event: WatchEvent) => Iterable<ObjectKey>>>;
  /** Idempotent and synchronous: the store cannot change under it. A number asks for another look after that many milliseconds. */
  reconcile(key: ObjectKey): number | undefined;
}

/** Runs a controller on every existing object and on every change, until the returned function is called. */
export function runController(controller: Controller, context: ControllerContext): () => Promise<void> {
  const { store, clock, events } = context;
  const queue = createQueue({
    clock,
    work: (key) => controller.reconcile(parseKey(key)),
    onError(key, error, retryMs) {
      const { namespace, name } = parseKey(key);
      const object = store.get(controller.kind, name, namespace);
      if (object === undefined) return;
      const message = `${error instanceof Error ? error.message : String(error)}; next attempt in ${retryMs} ms`;
      events.record(object, { type: 'Warning', reason: 'ReconcileError', message });
    },
  });
  const own = (object: Stored) => queue.add(formatKey(object.metadata));
  const unwatch = [store.watch(controller.kind, (event) => own(event.object))];
  for (const [kind, keys] of Object.entries(controller.watches ?? {})) {
    const listener = (event: WatchEvent) => {
      for (const key of keys(event)) queue.add(formatKey(key));
    };
    unwatch.push(store.watch(kind, listener));
  }
  for (const object of store.list(controller.kind).items) own(object);
  return () => {
    for (const end of unwatch) end();
    return queue.stop();
  };
}

function formatKey({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

function parseKey(key: string): ObjectKey {
  const slash = key.indexOf('/');
  const namespace = key.slice(0, slash);
  return { name: key.slice(slash + 1), ...(namespace === '' ? {} : { namespace }) };
}

/** The key of the controlling owner of this kind, for `watches`. */
export function ownerKey(object: Stored, kind: string): ObjectKey[] {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller && reference.kind === kind);
  return owner === undefined ? [] : [{ namespace: object.metadata.namespace, name: owner.name }];
}
