import type { Pod } from 'kubernetes-types/core/v1.js';
import { ownLabels } from '../../mesh/objects.ts';
import type { Cluster } from '../cluster.ts';
import { observe } from '../plan.ts';
import { namespace } from '../routes.ts';
import { listRollouts, requireRollout } from './rollouts.ts';
import { type RolloutSeen, type RolloutView, viewOf } from './view.ts';

/** Reads a rollout with its releases and their Pods. Fails when the service has none. */
export async function lookAtRollout(cluster: Cluster, service: string): Promise<RolloutView> {
  const [rollout, workloads] = await Promise.all([requireRollout(cluster, service), workloadsOf(cluster)]);
  return viewOf({ rollout, ...workloads });
}

/** All of them. */
export async function lookAtRollouts(cluster: Cluster): Promise<RolloutView[]> {
  const [rollouts, workloads] = await Promise.all([listRollouts(cluster), workloadsOf(cluster)]);
  return rollouts.map((rollout) => viewOf({ rollout, ...workloads }));
}

async function workloadsOf(cluster: Cluster): Promise<Omit<RolloutSeen, 'rollout'>> {
  const [{ deployments }, pods] = await Promise.all([
    observe(cluster),
    cluster.list<Pod>('v1', 'Pod', namespace, ownLabels),
  ]);
  return { deployments, pods };
}
