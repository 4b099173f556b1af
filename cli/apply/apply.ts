import { type Cluster, type ClusterObject, type ObjectName, title } from '../cluster.ts';
import { Failure } from '../failure.ts';
import { isObject, type Json, lastAppliedAnnotation, lastAppliedText, threeWayPatch } from './three-way.ts';

export interface Applied {
  readonly kind: string;
  readonly name: string;
  readonly result: 'created' | 'configured' | 'unchanged';
  /** metadata.generation after it. */
  readonly generation: number;
}

/**
 * Applies the objects in the given order, each three-way against what was applied last, like `kubectl apply`. Neighbours
 * of one kind do not depend on each other and go together.
 */
export async function applyAll(cluster: Cluster, objects: readonly ObjectName[]): Promise<Applied[]> {
  const applied: Applied[] = [];
  for (const group of sameKind(objects)) {
    applied.push(...(await Promise.all(group.map((object) => applyOne(cluster, object)))));
  }
  return applied;
}

function sameKind(objects: readonly ObjectName[]): ObjectName[][] {
  const groups: ObjectName[][] = [];
  for (const object of objects) {
    const last = groups.at(-1);
    if (last?.[0]?.kind === object.kind) last.push(object);
    else groups.push([object]);
  }
  return groups;
}

async function applyOne(cluster: Cluster, object: ObjectName): Promise<Applied> {
  const wanted = plainJson(object);
  const live = await cluster.read<Record<string, unknown>>(object);
  const summary = { kind: object.kind, name: object.metadata.name };
  if (!live) {
    const made = await cluster.create(withAnnotation(wanted));
    return { ...summary, result: 'created', generation: made.metadata?.generation ?? 1 };
  }
  const patch = threeWayPatch(lastAppliedOf(live), wanted, plainJson(live));
  if (!patch) return { ...summary, result: 'unchanged', generation: live.metadata?.generation ?? 1 };
  const { apiVersion, kind, metadata } = object;
  const annotated = annotate(patch, lastAppliedText(wanted));
  const changed = await cluster.merge<Record<string, unknown>>({
    ...annotated,
    apiVersion,
    kind,
    metadata: {
      ...(isObject(annotated.metadata) ? annotated.metadata : {}),
      name: metadata.name,
      namespace: metadata.namespace,
    },
  });
  return { ...summary, result: 'configured', generation: changed.metadata?.generation ?? 1 };
}

function lastAppliedOf(live: ClusterObject): { [field: string]: Json } {
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

function withAnnotation(wanted: { [field: string]: Json }): ClusterObject {
  return annotate(wanted, lastAppliedText(wanted)) as ClusterObject;
}

function annotate(object: { [field: string]: Json }, text: string): { [field: string]: Json } {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } } };
}

/** As it goes over the wire: no undefined fields, dates as text. */
function plainJson(object: unknown): { [field: string]: Json } {
  return JSON.parse(JSON.stringify(object)) as { [field: string]: Json };
}
