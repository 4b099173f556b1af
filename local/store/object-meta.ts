import { cloneJson, equalJson } from './json.ts';
import type { Kind } from './kinds.ts';
import { apiVersionOf } from './kinds.ts';
import { annotationErrors, labelErrors, nameErrors } from './names.ts';
import { conflict, type FieldError, invalid, type Subject, staleVersion } from './status.ts';
import type { DeleteOptions, KubeObject, Stored, StoredMeta } from './types.ts';

/** Seconds precision, as metav1.Time has it. */
export const timestamp = (epochMs: number): string => new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, 'Z');

export const subjectOf = (kind: Kind): Subject => ({ plural: kind.plural, group: kind.group, kind: kind.kind });

/** The user's part of metadata, without nulls and empty maps that clients send along. */
function userMeta(meta: Partial<StoredMeta>): Partial<StoredMeta> {
  const { labels, annotations, ownerReferences, finalizers, generateName } = meta;
  const filled = (value: object | undefined | null) => value && Object.keys(value).length > 0;
  return {
    ...(filled(labels) ? { labels } : {}),
    ...(filled(annotations) ? { annotations } : {}),
    ...(filled(ownerReferences) ? { ownerReferences } : {}),
    ...(filled(finalizers) ? { finalizers } : {}),
    ...(generateName ? { generateName } : {}),
  };
}

/** Checks what every kind has in common; throws Invalid with all problems. */
export function checkMeta(kind: Kind, object: Stored): void {
  const { name, labels, annotations, ownerReferences } = object.metadata;
  const owners = (ownerReferences ?? []).flatMap((owner, index): FieldError[] =>
    owner.uid && owner.kind && owner.name && owner.apiVersion
      ? []
      : [
          {
            field: `metadata.ownerReferences[${index}]`,
            type: 'Required',
            detail: 'apiVersion, kind, name and uid must be set',
          },
        ],
  );
  const errors = [...nameErrors(kind.names, name), ...labelErrors(labels), ...annotationErrors(annotations), ...owners];
  if (errors.length > 0) throw invalid(subjectOf(kind), name, errors);
}

export interface Assigned {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string;
  readonly now: number;
}

/** A new object as the store takes it over: server-assigned metadata, no status. */
export function newObject(kind: Kind, object: KubeObject, assigned: Assigned): Stored {
  const { status: _ignored, ...rest } = cloneJson(object);
  return {
    ...(kind.hasStatus ? rest : cloneJson(object)),
    apiVersion: apiVersionOf(kind.group, kind.versions[0]),
    kind: kind.kind,
    metadata: {
      name: assigned.name,
      ...(assigned.namespace === undefined ? {} : { namespace: assigned.namespace }),
      uid: assigned.uid,
      resourceVersion: '',
      generation: 1,
      creationTimestamp: timestamp(assigned.now),
      ...userMeta(cloneJson(object.metadata)),
    },
  };
}

/** 409 when the write names another uid or an old resourceVersion. */
export function checkPreconditions(
  kind: Kind,
  old: Stored,
  wanted: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined },
): void {
  const { name, uid, resourceVersion } = old.metadata;
  if (wanted.uid && wanted.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`;
    throw conflict(subjectOf(kind), name, why);
  }
  if (wanted.resourceVersion && wanted.resourceVersion !== resourceVersion) throw staleVersion(subjectOf(kind), name);
}

/** The old object with the user's new content: what the server assigned and the status stay. */
export function replacedObject(kind: Kind, old: Stored, object: KubeObject): Stored {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp } = old.metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata;
  const incoming = cloneJson(object);
  const { status: _ignored, ...rest } = incoming;
  const held = { deletionTimestamp, deletionGracePeriodSeconds };
  const next: Stored = {
    ...(kind.hasStatus ? rest : incoming),
    ...(kind.hasStatus && old.status !== undefined ? { status: cloneJson(old.status) } : {}),
    apiVersion: old.apiVersion,
    kind: old.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      generation,
      creationTimestamp,
      ...(deletionTimestamp === undefined ? {} : held),
      ...userMeta(incoming.metadata),
    },
  };
  return next;
}

/** True when anything but metadata and status differs. */
export function specChanged(old: Stored, next: Stored): boolean {
  const { metadata: _a, status: _b, ...before } = old;
  const { metadata: _c, status: _d, ...after } = next;
  return !equalJson(before, after);
}

const finalizerOf = { Foreground: 'foregroundDeletion', Orphan: 'orphan' } as const;

/** Seconds that a deletion waits for: the runtime ends a Pod, everything else goes at once. */
function graceOf(object: Stored, options: DeleteOptions): number {
  if (object.kind !== 'Pod' || object.apiVersion !== 'v1') return 0;
  const { spec } = object as { spec?: { terminationGracePeriodSeconds?: number } };
  return Math.max(0, options.gracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30);
}

export type Deletion =
  | { readonly outcome: 'remove' }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'mark'; readonly object: Stored };

/** What a delete does to an object: remove it, mark it as going, or nothing because it is going already. */
export function planDeletion(old: Stored, options: DeleteOptions, now: number, held: boolean): Deletion {
  const grace = graceOf(old, options);
  const policy = options.propagationPolicy ?? 'Background';
  const finalizers = [...(old.metadata.finalizers ?? [])];
  if (policy !== 'Background' && !finalizers.includes(finalizerOf[policy])) finalizers.push(finalizerOf[policy]);
  if (grace === 0 && finalizers.length === 0 && !held) return { outcome: 'remove' };
  const before = old.metadata.deletionTimestamp;
  const shorter = before === undefined || grace < (old.metadata.deletionGracePeriodSeconds ?? 0);
  const object = cloneJson(old);
  if (finalizers.length > 0) object.metadata.finalizers = finalizers;
  if (shorter) {
    object.metadata.deletionTimestamp = timestamp(now + grace * 1000);
    object.metadata.deletionGracePeriodSeconds = grace;
  }
  if (before === undefined) object.metadata.generation += 1;
  return equalJson(object, old) ? { outcome: 'unchanged' } : { outcome: 'mark', object };
}

/** True when nothing holds a marked object any more. */
export function mayGo(object: Stored): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  return deletionTimestamp !== undefined && !deletionGracePeriodSeconds && (finalizers ?? []).length === 0;
}
