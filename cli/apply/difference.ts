import { type Cluster, type ClusterObject, type ObjectName, title } from '../cluster.ts';
import { Failure } from '../failure.ts';
import { isObject, type Json, type JsonObject, lastAppliedAnnotation, threeWayPatch } from './three-way.ts';

/** A field that an apply would change. */
export interface FieldChange {
  /** `spec.template.spec.replicas` */
  readonly path: string;
  /** Absent: the field is new. */
  readonly from?: Json;
  /** Absent: the field goes. */
  readonly to?: Json;
}

/** What an apply would do to one object, and how. */
export type Difference =
  | { readonly result: 'created'; readonly wanted: JsonObject }
  | {
      readonly result: 'configured';
      readonly wanted: JsonObject;
      readonly live: ClusterObject;
      readonly patch: JsonObject;
    }
  | { readonly result: 'unchanged'; readonly live: ClusterObject };

/** What `up` would do to one object, as it is shown. */
export interface ObjectDifference {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly result: 'created' | 'configured' | 'unchanged' | 'removed';
  /** Of one that would be configured. */
  readonly fields?: readonly FieldChange[];
}

/** What `up` would change. */
export interface Differences {
  /** Of the installation; `found` absent: `up` would bring it about. */
  readonly steps: readonly { readonly title: string; readonly found?: string }[];
  readonly objects: readonly ObjectDifference[];
}

/** Reads the live object and compares it three-way with the wanted one; changes nothing. */
export async function differenceOf(cluster: Cluster, object: ObjectName): Promise<Difference> {
  const wanted = plainJson(object);
  const live = await cluster.read<Record<string, unknown>>(object);
  if (!live) return { result: 'created', wanted };
  const patch = threeWayPatch(lastAppliedOf(live), wanted, plainJson(live));
  return patch ? { result: 'configured', wanted, live, patch } : { result: 'unchanged', live };
}

/** The leaves of a merge patch with what stands there now, in the order of their paths. Pure. */
export function changedFields(patch: JsonObject, live: JsonObject, above = ''): FieldChange[] {
  return Object.entries(patch)
    .flatMap(([field, to]) => {
      const [path, from] = [below(above, field), live[field]];
      if (isObject(to)) return changedFields(to, isObject(from) ? from : {}, path);
      const inside = Array.isArray(to) && Array.isArray(from) ? valueChanges(path, from, to) : [];
      return inside.length > 0 ? inside : [leaf(path, from, to)];
    })
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** A patch holds lists whole; what is the same in them, or was filled in by the server, is no change. */
function valueChanges(path: string, from: Json | undefined, to: Json): FieldChange[] {
  if (isObject(to) && isObject(from)) {
    return Object.entries(to).flatMap(([field, value]) => valueChanges(below(path, field), from[field], value));
  }
  if (Array.isArray(to) && Array.isArray(from) && from.length === to.length) {
    return to.flatMap((item, index) => valueChanges(`${path}[${index}]`, from[index], item));
  }
  return JSON.stringify(from) === JSON.stringify(to) ? [] : [leaf(path, from, to)];
}

function leaf(path: string, from: Json | undefined, to: Json): FieldChange {
  return { path, ...(from === undefined ? {} : { from }), ...(to === null ? {} : { to }) };
}

function below(path: string, field: string): string {
  const name = /[./]/.test(field) ? `[${field}]` : field;
  return path === '' ? name : `${path}.${name}`;
}

function lastAppliedOf(live: ClusterObject): JsonObject {
  const text = live.metadata?.annotations?.[lastAppliedAnnotation];
  if (text === undefined) return {};
  try {
    const parsed = JSON.parse(text) as Json;
    return isObject(parsed) ? parsed : {};
  } catch (cause) {
    throw new Failure('BadAnnotation', `${title(live)}: its annotation ${lastAppliedAnnotation} is not JSON`, {
      cause,
      hint: `Type: kubectl annotate ${live.kind} ${live.metadata?.name} ${lastAppliedAnnotation}-`,
    });
  }
}

/** As it goes over the wire: no undefined fields, dates as text. */
export function plainJson(object: unknown): JsonObject {
  return JSON.parse(JSON.stringify(object)) as JsonObject;
}
