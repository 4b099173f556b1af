import type { Pod } from 'kubernetes-types/core/v1.js';
import { isReady, restarts } from '../objects/pods.ts';
import type { Stored } from '../store/types.ts';

/**
 * The Pods in the order in which a scale-down takes them: not yet placed, not ready, lower deletion cost, ready for a shorter
 * time, more restarts, younger (https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset).
 */
export function scaleDownOrder(pods: readonly Stored<Pod>[]): Stored<Pod>[] {
  const keys = new Map(pods.map((pod) => [pod, sortKey(pod)]));
  return pods.toSorted((left, right) => compare(keys.get(left) ?? [], keys.get(right) ?? []));
}

function sortKey(pod: Stored<Pod>): (number | string)[] {
  const cost = Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  const readyAt = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '';
  return [
    pod.status?.podIP === undefined ? 0 : 1,
    isReady(pod) ? 1 : 0,
    Number.isNaN(cost) ? 0 : cost,
    -Date.parse(readyAt) || 0,
    -restarts(pod),
    -Date.parse(pod.metadata.creationTimestamp) || 0,
    -Number(pod.metadata.resourceVersion),
  ];
}

function compare(left: readonly (number | string)[], right: readonly (number | string)[]): number {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}
