/**
 * The object store of the embedded cluster as its API server, controllers and runtime see it.
 * Semantics follow the Kubernetes API conventions
 * (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md).
 */

/** `Kind` or `Kind.group` as kubectl writes it: `Pod`, `Deployment.apps`, `HTTPRoute.gateway.networking.k8s.io`. */
export type GroupKind = string;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Metadata of an object that the store holds: what the server assigns is always there. */
export interface StoredMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  generateName?: string;
}

/** Any Kubernetes object on its way in: `metadata.name` or `generateName`, and whatever its kind holds. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Partial<StoredMeta>;
  [field: string]: unknown;
}

/** An object of a known shape `T` (spec, status, data ...) as the store holds it. */
export type Stored<T = Record<string, unknown>> = Omit<T, 'metadata' | 'apiVersion' | 'kind'> & {
  apiVersion: string;
  kind: string;
  metadata: StoredMeta;
};

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface WatchEvent<T = Record<string, unknown>> {
  readonly type: WatchEventType;
  /** The object after the change; for DELETED its last state with the resourceVersion of the deletion. */
  readonly object: Stored<T>;
  /** The object before the change, where the log still has it; watchers with a selector need it. */
  readonly previous?: Stored<T>;
}

export interface WriteOptions {
  /** Runs everything up to the write and returns what would be stored. */
  readonly dryRun?: boolean;
}

export interface DeleteOptions {
  /** Seconds; undefined = the kind's default (Pods: spec.terminationGracePeriodSeconds), 0 = remove now. */
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

/**
 * Durable, ordered, synchronous. Objects handed out are copies: changing one changes nothing until it is written.
 * Writes throw `StatusError` (status.ts): AlreadyExists 409, Conflict 409 on a stale resourceVersion, NotFound 404,
 * Invalid 422 from admission. A written object is on disk when the call returns.
 */
export interface ObjectStore {
  get<T = Record<string, unknown>>(type: GroupKind, name: string, namespace?: string): Stored<T> | undefined;
  list<T = Record<string, unknown>>(
    type: GroupKind,
    options?: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> },
  ): { readonly items: Stored<T>[]; readonly resourceVersion: string };
  /** Runs defaulting and admission, assigns uid, resourceVersion, generation 1, creationTimestamp; ignores `status`. */
  create<T = Record<string, unknown>>(object: KubeObject, options?: WriteOptions): Stored<T>;
  /** Replaces all but `status`; `generation` rises when the spec changed. A no-op write keeps the resourceVersion. */
  update<T = Record<string, unknown>>(object: KubeObject, options?: WriteOptions): Stored<T>;
  /** Replaces `status` only. A no-op write keeps the resourceVersion and sends no event. */
  updateStatus<T = Record<string, unknown>>(object: KubeObject, options?: WriteOptions): Stored<T>;
  /**
   * Marks (deletionTimestamp) while finalizers or a grace period hold the object, else removes it. Returns the last
   * state, undefined when there was none. Pods wait for the runtime, which ends them with gracePeriodSeconds 0.
   * A Namespace is held while anything is in it. Foreground and Orphan add the finalizers `foregroundDeletion` and
   * `orphan`, which the garbage collector takes away.
   */
  delete(type: GroupKind, name: string, namespace?: string, options?: DeleteOptions): Stored | undefined;
  /**
   * Calls `listener` for each later change of `type` ('*' = all), in order, synchronously after the commit.
   * With `since` the changes after that resourceVersion come first; throws `Expired` (410) when they are compacted.
   */
  watch<T = Record<string, unknown>>(
    type: GroupKind | '*',
    listener: (event: WatchEvent<T>) => void,
    options?: { readonly since?: string; readonly namespace?: string },
  ): () => void;
  close(): void;
}
