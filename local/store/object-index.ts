import type { GroupKind, Stored } from './types.ts';

/** The objects in memory, by type, namespace and name: lists never touch the file. */
export interface ObjectIndex {
  get(type: GroupKind, namespace: string, name: string): Stored | undefined;
  put(type: GroupKind, object: Stored): void;
  remove(type: GroupKind, object: Stored): void;
  /** Ordered by namespace and name, as the API lists. */
  list(type: GroupKind, namespace: string | undefined): Stored[];
  /** True when a namespaced object of any type is in the namespace. */
  occupied(namespace: string): boolean;
}

const byName = (a: Stored, b: Stored): number => (a.metadata.name < b.metadata.name ? -1 : 1);

export function createObjectIndex(): ObjectIndex {
  const types = new Map<GroupKind, Map<string, Map<string, Stored>>>();
  return {
    get: (type, namespace, name) => types.get(type)?.get(namespace)?.get(name),
    put(type, object) {
      const { namespace = '', name } = object.metadata;
      const namespaces = types.get(type) ?? new Map<string, Map<string, Stored>>();
      const names = namespaces.get(namespace) ?? new Map<string, Stored>();
      types.set(type, namespaces.set(namespace, names.set(name, object)));
    },
    remove(type, object) {
      const { namespace = '', name } = object.metadata;
      const names = types.get(type)?.get(namespace);
      names?.delete(name);
      if (names?.size === 0) types.get(type)?.delete(namespace);
    },
    list(type, namespace) {
      const namespaces = types.get(type);
      if (!namespaces) return [];
      if (namespace !== undefined) return [...(namespaces.get(namespace)?.values() ?? [])].sort(byName);
      return [...namespaces.keys()].sort().flatMap((key) => [...(namespaces.get(key)?.values() ?? [])].sort(byName));
    },
    occupied: (namespace) => [...types.values()].some((namespaces) => namespaces.has(namespace)),
  };
}
