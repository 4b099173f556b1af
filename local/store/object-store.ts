import { randomInt, randomUUID } from 'node:crypto';
import { openJournal } from './journal.ts';
import { cloneJson, equalJson } from './json.ts';
import { groupKind, type Kind, type Kinds, requireKind } from './kinds.ts';
import { createObjectIndex } from './object-index.ts';
import {
  checkMeta,
  checkPreconditions,
  mayGo,
  newObject,
  planDeletion,
  replacedObject,
  specChanged,
  subjectOf,
} from './object-meta.ts';
import {
  alreadyExists,
  badRequest,
  expired,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  StatusError,
} from './status.ts';
import type {
  DeleteOptions,
  GroupKind,
  KubeObject,
  ObjectStore,
  Stored,
  WatchEvent,
  WatchEventType,
  WriteOptions,
} from './types.ts';
import { createWatchers, deliver, type Watcher } from './watchers.ts';

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'UPDATE_STATUS';
  /** With the metadata that the server assigned; on UPDATE with the status that is stored, on UPDATE_STATUS with everything else that is. */
  readonly object: Stored;
  readonly old?: Stored;
}

/** Fills in defaults and refuses with a StatusError. May change the object that it gets and returns it. */
export type Admission = (request: AdmissionRequest, store: Pick<ObjectStore, 'get' | 'list'>) => Stored;

export interface IdSource {
  uid(): string;
  /** Five characters after a generateName. */
  suffix(): string;
}

export interface StoreOptions {
  /** Path of the database file, or `:memory:`. */
  readonly file: string;
  /** `now()` in epoch milliseconds; `Date` is one. */
  readonly clock: { now(): number };
  readonly kinds: Kinds;
  readonly admission?: Admission;
  readonly ids?: IdSource;
  /** How many changes a watch can go back. */
  readonly keepChanges?: number;
}

/** No vowels and no look-alikes: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go */
const suffixCharacters = 'bcdfghjklmnpqrstvwxz2456789';
const randomIds: IdSource = {
  uid: () => randomUUID(),
  suffix: () => Array.from({ length: 5 }, () => suffixCharacters[randomInt(suffixCharacters.length)]).join(''),
};

/** Opens the durable object store; every object is in memory afterwards, the file is its durable copy. */
export function openStore(options: StoreOptions): ObjectStore {
  return new SqliteObjectStore(options);
}

class SqliteObjectStore implements ObjectStore {
  readonly #options: StoreOptions;
  readonly #ids: IdSource;
  readonly #journal;
  readonly #index = createObjectIndex();
  readonly #watchers = createWatchers();

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#ids = options.ids ?? randomIds;
    this.#journal = openJournal(options.file, options.keepChanges ?? 10_000);
    for (const { type, object } of this.#journal.objects()) this.#index.put(type, object);
  }

  get<T = Record<string, unknown>>(type: GroupKind, name: string, namespace?: string): Stored<T> | undefined {
    const found = this.#index.get(type, namespace ?? '', name);
    return found && copyAs<T>(found);
  }

  list<T = Record<string, unknown>>(
    type: GroupKind,
    options: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> } = {},
  ) {
    const wanted = Object.entries(options.labels ?? {});
    const items = this.#index
      .list(type, options.namespace)
      .filter(({ metadata }) => wanted.every(([key, value]) => metadata.labels?.[key] === value))
      .map((object) => copyAs<T>(object));
    return { items, resourceVersion: String(this.#journal.revision) };
  }

  create<T = Record<string, unknown>>(object: KubeObject, options: WriteOptions = {}): Stored<T> {
    const kind = requireKind(this.#options.kinds, object.apiVersion, object.kind);
    const namespace = this.#namespaceFor(kind, object);
    const type = groupKind(kind.group, kind.kind);
    const name = this.#nameFor(kind, type, namespace, object);
    if (object.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
    const assigned = { name, namespace, uid: this.#ids.uid(), now: this.#options.clock.now() };
    const fresh = newObject(kind, object, assigned);
    checkMeta(kind, fresh);
    if (namespace !== undefined) this.#requireNamespace(kind, name, namespace);
    if (this.#index.get(type, namespace ?? '', name)) throw alreadyExists(subjectOf(kind), name);
    const admitted = this.#options.admission?.({ operation: 'CREATE', object: fresh }, this) ?? fresh;
    return copyAs<T>(options.dryRun ? admitted : this.#commit(type, 'ADDED', admitted));
  }

  update<T = Record<string, unknown>>(object: KubeObject, options: WriteOptions = {}): Stored<T> {
    const { kind, type, old } = this.#existing(object);
    checkPreconditions(kind, old, object.metadata);
    const replaced = replacedObject(kind, old, object);
    checkMeta(kind, replaced);
    const request = { operation: 'UPDATE', object: replaced, old: cloneJson(old) } as const;
    const next = this.#options.admission?.(request, this) ?? replaced;
    if (specChanged(old, next)) next.metadata.generation = old.metadata.generation + 1;
    return copyAs<T>(this.#write(type, old, next, options.dryRun));
  }

  updateStatus<T = Record<string, unknown>>(object: KubeObject, options: WriteOptions = {}): Stored<T> {
    const { kind, type, old } = this.#existing(object);
    if (!kind.hasStatus)
      throw new StatusError(404, 'NotFound', `${kind.plural}/status: the kind ${kind.kind} has no status subresource`);
    checkPreconditions(kind, old, object.metadata);
    const { status: _replaced, ...rest } = cloneJson(old);
    const replaced: Stored = object.status === undefined ? rest : { ...rest, status: cloneJson(object.status) };
    const request = { operation: 'UPDATE_STATUS', object: replaced, old } as const;
    const next = this.#options.admission?.(request, this) ?? replaced;
    return copyAs<T>(this.#write(type, old, next, options.dryRun));
  }

  delete(type: GroupKind, name: string, namespace?: string, options: DeleteOptions = {}): Stored | undefined {
    const old = this.#index.get(type, namespace ?? '', name);
    if (!old) return undefined;
    const kind = requireKind(this.#options.kinds, old.apiVersion, old.kind);
    checkPreconditions(kind, old, options.preconditions ?? {});
    const held = type === 'Namespace' && this.#index.occupied(name);
    const plan = planDeletion(old, options, this.#options.clock.now(), held);
    if (plan.outcome === 'unchanged') return cloneJson(old);
    const object = plan.outcome === 'mark' ? plan.object : old;
    if (type === 'Namespace' && plan.outcome === 'mark') object.status = { phase: 'Terminating' };
    if (options.dryRun) return cloneJson(object);
    return cloneJson(this.#commit(type, plan.outcome === 'mark' ? 'MODIFIED' : 'DELETED', object, old));
  }

  watch<T = Record<string, unknown>>(
    type: GroupKind | '*',
    listener: (event: WatchEvent<T>) => void,
    options: { readonly since?: string; readonly namespace?: string } = {},
  ): () => void {
    // The seam lets the caller name the shape of the objects that it watches.
    const watcher = { type, namespace: options.namespace, listener: listener as (event: WatchEvent) => void };
    if (options.since !== undefined) this.#replay(watcher, options.since);
    return this.#watchers.add(watcher);
  }

  close(): void {
    this.#watchers.clear();
    this.#journal.close();
  }

  #replay(watcher: Watcher, since: string): void {
    const from = Number(since);
    if (!/^\d+$/.test(since)) throw badRequest(`invalid resource version "${since}": not a number`);
    if (from > this.#journal.revision) {
      const current = this.#journal.revision;
      throw new StatusError(504, 'Timeout', `Too large resource version: ${since}, current: ${current}`, {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      });
    }
    if (from < this.#journal.oldest) throw expired(since, this.#journal.oldest);
    if (from === this.#journal.revision) return;
    for (const change of this.#journal.since(from)) deliver(watcher, change);
  }

  #existing(object: KubeObject): { kind: Kind; type: GroupKind; old: Stored } {
    const kind = requireKind(this.#options.kinds, object.apiVersion, object.kind);
    const type = groupKind(kind.group, kind.kind);
    const { name, namespace } = object.metadata;
    if (!name) throw badRequest(`${kind.kind}: metadata.name is required`);
    const old = this.#index.get(type, kind.namespaced ? (namespace ?? '') : '', name);
    if (!old) throw notFound(subjectOf(kind), name);
    return { kind, type, old };
  }

  /** Writes a changed object: nothing when it is the same, DELETED when nothing holds it any more. */
  #write(type: GroupKind, old: Stored, next: Stored, dryRun = false): Stored {
    if (equalJson(old, next)) return old;
    if (dryRun) return next;
    const gone = mayGo(next) && !(type === 'Namespace' && this.#index.occupied(next.metadata.name));
    return this.#commit(type, gone ? 'DELETED' : 'MODIFIED', next, old);
  }

  #commit(type: GroupKind, event: WatchEventType, next: Stored, old?: Stored): Stored {
    const revision = this.#journal.revision + 1;
    const object = { ...next, metadata: { ...next.metadata, resourceVersion: String(revision) } };
    const previousRevision = old ? Number(old.metadata.resourceVersion) : 0;
    this.#journal.append({ revision, event, type, object, previousRevision });
    if (event === 'DELETED') this.#index.remove(type, object);
    else this.#index.put(type, object);
    this.#watchers.publish({ type, event, object, ...(old ? { previous: old } : {}) });
    if (event === 'DELETED' && object.metadata.namespace) this.#releaseNamespace(object.metadata.namespace);
    return object;
  }

  /** A namespace that is marked goes with the last object in it. */
  #releaseNamespace(name: string): void {
    const namespace = this.#index.get('Namespace', '', name);
    if (namespace && mayGo(namespace) && !this.#index.occupied(name))
      this.#commit('Namespace', 'DELETED', namespace, namespace);
  }

  #namespaceFor(kind: Kind, object: KubeObject): string | undefined {
    const { namespace, name } = object.metadata;
    if (!kind.namespaced) return undefined;
    if (namespace) return namespace;
    throw invalid(subjectOf(kind), name ?? '', [
      { field: 'metadata.namespace', type: 'Required', detail: `objects of kind ${kind.kind} live in a namespace` },
    ]);
  }

  #nameFor(kind: Kind, type: GroupKind, namespace: string | undefined, object: KubeObject): string {
    const { name, generateName } = object.metadata;
    if (name) return name;
    const missing: FieldError = {
      field: 'metadata.name',
      type: 'Required',
      detail: 'name or generateName is required',
    };
    if (!generateName) throw invalid(subjectOf(kind), '', [missing]);
    for (let attempt = 0; attempt < 8; attempt++) {
      const made = `${generateName.slice(0, 58)}${this.#ids.suffix()}`;
      if (!this.#index.get(type, namespace ?? '', made)) return made;
    }
    throw alreadyExists(subjectOf(kind), `${generateName}*`);
  }

  #requireNamespace(kind: Kind, name: string, namespace: string): void {
    const found = this.#index.get('Namespace', '', namespace);
    if (!found) throw notFound({ plural: 'namespaces', group: '' }, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    const message = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(subjectOf(kind), name, message, [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ]);
  }
}

/** The seam lets the caller name the shape of what it reads; the store holds JSON and does not know it. */
const copyAs = <T>(object: Stored): Stored<T> => cloneJson(object) as Stored<T>;
