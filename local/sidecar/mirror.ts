import type { GroupKind, ObjectStore, Stored } from '../store/types.ts';
import type { ReadObjects } from './world.ts';

/** The part of an object that decides what sidecars do: all but bookkeeping and status, and of the status a Pod's address. */
function substance(object: Stored): string {
  const { metadata, status, ...rest } = object;
  const { name, namespace, uid, labels, annotations } = metadata;
  return JSON.stringify([
    rest,
    name,
    namespace,
    uid,
    labels,
    annotations,
    (status as { podIP?: string } | undefined)?.podIP,
  ]);
}

const keyOf = ({ metadata }: Stored) => `${metadata.namespace ?? ''}/${metadata.name}`;

export interface Mirror {
  readonly read: ReadObjects;
  stop(): void;
}

/**
 * The objects of some kinds, kept in memory as they change, in the order of their names. `onChange` is called when the
 * substance of one changes, and not when somebody, such as the sidecars themselves, writes its status.
 */
export function openMirror(
  store: ObjectStore,
  kinds: readonly GroupKind[],
  onChange: (object: Stored) => void,
): Mirror {
  const held = new Map<GroupKind, Map<string, Stored>>();
  const sorted = new Map<GroupKind, readonly Stored[]>();
  const stops = kinds.map((kind) => {
    const objects = new Map(store.list(kind).items.map((object) => [keyOf(object), object]));
    held.set(kind, objects);
    return store.watch(kind, ({ type, object }) => {
      const key = keyOf(object);
      const before = objects.get(key);
      if (type === 'DELETED') objects.delete(key);
      else objects.set(key, object);
      sorted.delete(kind);
      if (type === 'DELETED' || !before || substance(before) !== substance(object)) onChange(object);
    });
  });
  return {
    read: <T>(kind: GroupKind) => {
      const known = sorted.get(kind);
      if (known) return known as Stored<T>[];
      const list = [...(held.get(kind) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
      sorted.set(kind, list);
      return list as Stored<T>[];
    },
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}
