import { createKinds, type Kinds } from '../store/kinds.ts';
import { openStore } from '../store/object-store.ts';
import type { ObjectStore } from '../store/types.ts';
import { createAdmission, type Validator } from './admission/admission.ts';
import { serveCustomKinds } from './custom-kinds.ts';

export interface ClusterStoreOptions {
  /** Path of the database file, or `:memory:`. */
  readonly file: string;
  readonly clock: { now(): number };
  /** Further checks of objects whose spec is new or changed; their problems are reported together with all others. */
  readonly validators?: readonly Validator[];
  readonly keepChanges?: number;
}

export interface ClusterStore {
  readonly store: ObjectStore;
  readonly kinds: Kinds;
}

/** The namespaces that every cluster has. */
const firstNamespaces = ['default', 'kube-system'];

/** The store as the API server has it: built-in and custom kinds, defaults, validation, the first namespaces. */
export function openClusterStore(options: ClusterStoreOptions): ClusterStore {
  const { file, clock, validators = [], keepChanges } = options;
  const kinds = createKinds();
  const admission = createAdmission({ kinds, validators });
  const store = openStore({ file, clock, kinds, admission, ...(keepChanges === undefined ? {} : { keepChanges }) });
  for (const name of firstNamespaces) {
    if (!store.get('Namespace', name)) store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  serveCustomKinds(store, kinds, clock);
  return { store, kinds };
}
