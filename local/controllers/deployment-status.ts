import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from 'kubernetes-types/apps/v1.js';
import { timestamp } from '../clock.ts';
import { condition, withCondition, withoutCondition } from '../objects/conditions.ts';
import type { Stored } from '../store/types.ts';
import { rollingLimits } from './rolling-update.ts';

interface Counts {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
}

/** The status of a Deployment from its ReplicaSets, as `kubectl rollout status` reads it. Pure. */
export function deploymentStatus(
  deployment: Stored<Deployment>,
  next: Stored<ReplicaSet> | undefined,
  old: readonly Stored<ReplicaSet>[],
  nowMs: number,
): DeploymentStatus {
  const sets = [...old, ...(next === undefined ? [] : [next])];
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
  const counts: Counts = {
    replicas: sum('replicas'),
    updatedReplicas: next?.status?.replicas ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas: sum('availableReplicas'),
  };
  const wanted = sets.reduce((total, set) => total + (set.spec?.replicas ?? 1), 0);
  let conditions = deployment.status?.conditions ?? [];
  const put = (entry: DeploymentCondition) => {
    const now = timestamp(nowMs);
    conditions = withCondition(conditions, { lastUpdateTime: now, ...entry }, now);
  };
  put(keptUpdateTime(conditions, availability(deployment, counts)));
  put(progress(deployment, next, counts, conditions, nowMs));
  const failure = sets.map((set) => condition(set.status?.conditions, 'ReplicaFailure')).find(Boolean);
  if (failure === undefined) conditions = withoutCondition(conditions, 'ReplicaFailure');
  else put(keptUpdateTime(conditions, { ...failure, type: 'ReplicaFailure' }));
  return {
    ...counts,
    unavailableReplicas: Math.max(0, wanted - counts.availableReplicas),
    observedGeneration: deployment.metadata.generation,
    conditions,
  };
}

/** Everything is of the present template, as many as wanted, and available. */
export function isComplete(deployment: Stored<Deployment>, counts: Counts): boolean {
  const desired = deployment.spec?.replicas ?? 1;
  return counts.updatedReplicas === desired && counts.replicas === desired && counts.availableReplicas === desired;
}

/** Milliseconds until progressDeadlineSeconds is over; undefined when nothing is on its way or it is over. */
export function deadlineInMs(
  deployment: Stored<Deployment>,
  status: DeploymentStatus,
  nowMs: number,
): number | undefined {
  const progressing = condition(status.conditions, 'Progressing');
  if (deployment.spec?.paused || progressing?.status !== 'True' || progressing.reason === 'NewReplicaSetAvailable') {
    return undefined;
  }
  const since = Date.parse(progressing.lastUpdateTime ?? '');
  return Math.max(1, since + (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000 - nowMs);
}

function availability(deployment: Stored<Deployment>, { availableReplicas }: Counts): DeploymentCondition {
  const desired = deployment.spec?.replicas ?? 1;
  const rolling = deployment.spec?.strategy?.type !== 'Recreate';
  const missing = rolling ? rollingLimits(deployment.spec?.strategy?.rollingUpdate, desired).maxUnavailable : 0;
  return availableReplicas >= desired - missing
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

function progress(
  deployment: Stored<Deployment>,
  next: Stored<ReplicaSet> | undefined,
  counts: Counts,
  conditions: readonly DeploymentCondition[],
  nowMs: number,
): DeploymentCondition {
  const type = 'Progressing';
  const before = condition(conditions, type);
  const name = next?.metadata.name ?? deployment.metadata.name;
  if (deployment.spec?.paused) {
    return keptUpdateTime(conditions, {
      type,
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    });
  }
  if (isComplete(deployment, counts)) {
    const message = `ReplicaSet "${name}" has successfully progressed.`;
    return keptUpdateTime(conditions, { type, status: 'True', reason: 'NewReplicaSetAvailable', message });
  }
  const going = { type, status: 'True', reason: 'ReplicaSetUpdated', message: `ReplicaSet "${name}" is progressing.` };
  const restarted = before === undefined || before.reason === 'DeploymentPaused' || isNewGeneration(deployment);
  // A rollout that was complete stays so when Pods are lost later: that is for their ReplicaSet to mend, without a deadline.
  const settled = before?.reason === 'NewReplicaSetAvailable' && counts.replicas === counts.updatedReplicas;
  if (settled && !restarted) return keptUpdateTime(conditions, before);
  if (restarted || hasProgressed(deployment.status, counts)) return { ...going, lastUpdateTime: timestamp(nowMs) };
  const since = Date.parse(before.lastUpdateTime ?? '');
  const deadlineMs = (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000;
  if (before.reason === 'ProgressDeadlineExceeded' || nowMs >= since + deadlineMs) {
    const message = `ReplicaSet "${name}" has timed out progressing.`;
    return keptUpdateTime(conditions, { type, status: 'False', reason: 'ProgressDeadlineExceeded', message });
  }
  return { ...going, lastUpdateTime: before.lastUpdateTime };
}

function isNewGeneration({ metadata, status }: Stored<Deployment>): boolean {
  return status?.observedGeneration !== metadata.generation;
}

function hasProgressed(before: DeploymentStatus | undefined, now: Counts): boolean {
  const was = (field: keyof Counts) => before?.[field] ?? 0;
  return (
    now.updatedReplicas > was('updatedReplicas') ||
    now.readyReplicas > was('readyReplicas') ||
    now.availableReplicas > was('availableReplicas') ||
    now.replicas - now.updatedReplicas < was('replicas') - was('updatedReplicas')
  );
}

/** Repeats the update time while nothing about the condition changes, so that an equal status is an equal object. */
function keptUpdateTime(conditions: readonly DeploymentCondition[], next: DeploymentCondition): DeploymentCondition {
  const before = condition(conditions, next.type);
  const same = before?.status === next.status && before.reason === next.reason && before.message === next.message;
  return same && before.lastUpdateTime !== undefined ? { ...next, lastUpdateTime: before.lastUpdateTime } : next;
}
