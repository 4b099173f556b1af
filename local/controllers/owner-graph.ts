import { groupKind } from '../objects/owners.ts';
import type { GroupKind, ObjectStore, Stored } from '../store/types.ts';

interface Node {
  readonly type: GroupKind;
  readonly name: string;
  readonly namespace?: string;
  readonly owners: readonly string[];
  /** Owners that wait for this object in a foreground deletion. */
  readonly blocks: readonly string[];
}

/** Who owns whom, by uid, over all objects of the store. */
export class OwnerGraph {
  readonly #store: ObjectStore;
  readonly #nodes = new Map<string, Node>();
  readonly #dependents = new Map<string, Set<string>>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  has(uid: string): boolean {
    return this.#nodes.has(uid);
  }

  learn(object: Stored): void {
    const { uid, name, namespace, ownerReferences = [] } = object.metadata;
    this.#unlink(uid);
    const owners = ownerReferences.map((reference) => reference.uid);
    const blocks = ownerReferences
      .filter((reference) => reference.blockOwnerDeletion)
      .map((reference) => reference.uid);
    this.#nodes.set(uid, { type: groupKind(object), name, namespace, owners, blocks });
    for (const owner of owners) this.#dependents.set(owner, (this.#dependents.get(owner) ?? new Set()).add(uid));
  }

  /** Takes an object out; returns the uids of its owners and of what it owned. */
  forget(uid: string): string[] {
    const touched = [...(this.#nodes.get(uid)?.owners ?? []), ...(this.#dependents.get(uid) ?? [])];
    this.#unlink(uid);
    this.#nodes.delete(uid);
    this.#dependents.delete(uid);
    return touched;
  }

  /** The object as it is stored now. */
  current(uid: string): Stored | undefined {
    const node = this.#nodes.get(uid);
    const object = node && this.#store.get(node.type, node.name, node.namespace);
    return object?.metadata.uid === uid ? object : undefined;
  }

  dependents(uid: string): Stored[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.current(dependent) ?? []);
  }

  /** Whether something it owns holds back its foreground deletion. */
  isBlocked(uid: string): boolean {
    return [...(this.#dependents.get(uid) ?? [])].some((dependent) => this.#nodes.get(dependent)?.blocks.includes(uid));
  }

  #unlink(uid: string): void {
    for (const owner of this.#nodes.get(uid)?.owners ?? []) this.#dependents.get(owner)?.delete(uid);
  }
}
