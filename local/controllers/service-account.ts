import type { Controller, ControllerContext } from './controller.ts';

/** Every namespace has a ServiceAccount `default`. */
export function serviceAccountController({ store }: ControllerContext): Controller {
  return {
    kind: 'Namespace',
    watches: {
      ServiceAccount: ({ type, object }) =>
        type === 'DELETED' && object.metadata.name === 'default' ? [{ name: object.metadata.namespace ?? '' }] : [],
    },
    reconcile({ name }) {
      const namespace = store.get('Namespace', name);
      if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return undefined;
      if (store.get('ServiceAccount', 'default', name) !== undefined) return undefined;
      store.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } });
      return undefined;
    },
  };
}
