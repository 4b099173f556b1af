import type { Cluster, ClusterObject, ObjectName } from '../cluster.ts';
import { differenceOf } from './difference.ts';
import { isObject, type Json, lastAppliedAnnotation, lastAppliedText } from './three-way.ts';

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
  const difference = await differenceOf(cluster, object);
  const { result } = difference;
  const { apiVersion, kind, metadata } = object;
  const summary = { kind, name: metadata.name, result };
  if (result === 'unchanged') return { ...summary, generation: difference.live.metadata?.generation ?? 1 };
  if (result === 'created') {
    const made = await cluster.create(withAnnotation(difference.wanted));
    return { ...summary, generation: made.metadata?.generation ?? 1 };
  }
  const annotated = annotate(difference.patch, lastAppliedText(difference.wanted));
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
  return { ...summary, generation: changed.metadata?.generation ?? 1 };
}

function withAnnotation(wanted: { [field: string]: Json }): ClusterObject {
  return annotate(wanted, lastAppliedText(wanted)) as ClusterObject;
}

function annotate(object: { [field: string]: Json }, text: string): { [field: string]: Json } {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } } };
}
