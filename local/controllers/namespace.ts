import type { Namespace } from 'kubernetes-types/core/v1.js';
import type { Controller, ControllerContext } from './controller.ts';
import { storedTypes } from './garbage-collector.ts';

/** Empties a namespace that is being deleted; the store removes it with the last object. */
export function namespaceController({ store }: ControllerContext): Controller {
  return {
    kind: 'Namespace',
    reconcile({ name }) {
      const namespace = store.get<Namespace>('Namespace', name);
      if (namespace === undefined) return undefined;
      if (namespace.metadata.deletionTimestamp === undefined) {
        if (namespace.status?.phase === undefined)
          store.updateStatus<Namespace>({ ...namespace, status: { phase: 'Active' } });
        return undefined;
      }
      for (const type of storedTypes(store)) {
        for (const { metadata } of store.list(type, { namespace: name }).items) {
          if (metadata.namespace === name && metadata.deletionTimestamp === undefined)
            store.delete(type, metadata.name, name);
        }
      }
      return undefined;
    },
  };
}
