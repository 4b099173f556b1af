import { ownLabels } from '../../mesh/objects.ts';
import { type Applied, applyAll } from '../apply/apply.ts';
import type { Cluster, ObjectName } from '../cluster.ts';
import type { Rendered } from '../rendering.ts';
import { heldServices, isHeldRoute } from '../rollout/held.ts';
import { namespace } from '../routes.ts';

export interface CarriedOut {
  readonly applied: readonly Applied[];
  readonly removed: readonly string[];
}

/** Brings the difference to the cluster; what is not rendered any more goes last. Routes that a running rollout writes are left to it. */
export async function carryOut(cluster: Cluster, rendered: Rendered): Promise<CarriedOut> {
  const held = await heldServices(cluster);
  const applied = await applyAll(
    cluster,
    rendered.objects.filter((object) => !isHeldRoute(object, held)),
  );
  return { applied, removed: await prune(cluster, rendered) };
}

/** Deletes objects of this kit that the rendering has no more. */
async function prune(cluster: Cluster, rendered: Rendered): Promise<string[]> {
  const removed: string[] = [];
  for (const object of await surplus(cluster, rendered)) {
    if (await cluster.remove(object)) removed.push(`${object.kind}/${object.metadata.name}`);
  }
  return removed;
}

/** Objects of this kit that the rendering has no more: Deployments and Services of releases that were taken away. */
export async function surplus(cluster: Cluster, rendered: Rendered): Promise<ObjectName[]> {
  const wanted = new Set(rendered.objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const kinds = new Map(rendered.prunable.map((each) => [`${each.apiVersion} ${each.kind}`, each]));
  const found: ObjectName[] = [];
  for (const { apiVersion, kind } of kinds.values()) {
    for (const { metadata } of await cluster.list(apiVersion, kind, namespace, ownLabels)) {
      const name = metadata?.name ?? '';
      if (wanted.has(`${kind}/${name}`) || metadata?.ownerReferences?.length) continue;
      found.push({ apiVersion, kind, metadata: { name, namespace } });
    }
  }
  return found;
}
