import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Stored } from '../store/types.ts';
import { condition } from './conditions.ts';

/** Ready by its condition, whatever else is going on. */
export function isReady(pod: Stored<Pod>): boolean {
  return condition(pod.status?.conditions, 'Ready')?.status === 'True';
}

/** Counts as a replica: neither finished nor on its way out. */
export function isActive(pod: Stored<Pod>): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Will never run again. */
export function isFinished(pod: Stored<Pod>): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Milliseconds until the Pod counts as available (ready for `minReadySeconds`); 0 = it is, undefined = it is not ready. */
export function availableInMs(pod: Stored<Pod>, minReadySeconds: number, nowMs: number): number | undefined {
  const ready = condition(pod.status?.conditions, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  const since = Date.parse(ready.lastTransitionTime ?? '');
  return Number.isNaN(since) ? undefined : Math.max(0, since + minReadySeconds * 1000 - nowMs);
}

/** Sum of the restarts of its containers. */
export function restarts(pod: Stored<Pod>): number {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].reduce((sum, status) => sum + status.restartCount, 0);
}
