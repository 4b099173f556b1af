import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1.js';
import { isFinished } from '../objects/pods.ts';
import type { Stored } from '../store/types.ts';
import { type Controller, type ControllerContext, ownerKey } from './controller.ts';
import {
  ensureNext,
  pruneHistory,
  type Revisions,
  revisionAnnotation,
  revisionOf,
  revisionsOf,
} from './deployment-revisions.ts';
import { deadlineInMs, deploymentStatus } from './deployment-status.ts';
import { ownedPods } from './owned-pods.ts';
import { rollingLimits, rollingStep } from './rolling-update.ts';

/** Brings a Deployment's ReplicaSets to its template (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/). */
export function deploymentController(context: ControllerContext): Controller {
  const { store, clock } = context;
  return {
    kind: 'Deployment.apps',
    watches: {
      'ReplicaSet.apps': ({ object }) => ownerKey(object, 'Deployment'),
      // A Recreate waits for the last old Pod, which its ReplicaSet no longer counts.
      Pod: ({ type, object }) => (type === 'DELETED' ? deploymentOfPod(context, object) : []),
    },
    reconcile({ namespace, name }) {
      const deployment = store.get<Deployment>('Deployment.apps', name, namespace);
      if (deployment === undefined) return undefined;
      if (deployment.metadata.deletionTimestamp === undefined) {
        const revisions = revisionsOf(store, deployment);
        if (deployment.spec?.paused) scalePaused(context, deployment, revisions);
        else roll(context, deployment, revisions);
      }
      const current = store.get<Deployment>('Deployment.apps', name, namespace);
      if (current === undefined) return undefined;
      const { next, old } = revisionsOf(store, current);
      const status = deploymentStatus(current, next, old, clock.now());
      store.updateStatus<Deployment>({ ...current, status });
      return deadlineInMs(current, status, clock.now());
    },
  };
}

function deploymentOfPod({ store }: ControllerContext, pod: Stored) {
  const [owner] = ownerKey(pod, 'ReplicaSet');
  const set = owner && store.get('ReplicaSet.apps', owner.name, owner.namespace);
  return set === undefined ? [] : ownerKey(set, 'Deployment');
}

function roll(context: ControllerContext, deployment: Stored<Deployment>, revisions: Revisions): void {
  const { store } = context;
  const { old } = revisions;
  const desired = deployment.spec?.replicas ?? 1;
  const type = deployment.spec?.strategy?.type ?? 'RollingUpdate';
  if (type !== 'RollingUpdate' && type !== 'Recreate') {
    throw new Error(`spec.strategy.type: "${type}" is none of RollingUpdate, Recreate`);
  }
  if (type === 'Recreate') {
    for (const set of old) scale(context, deployment, set, 0);
    if (old.some((set) => ownedPods(store, set).some((pod) => !isFinished(pod)))) return;
    const next = announce(context, deployment, ensureNext(store, deployment, revisions, desired), revisions.next);
    scale(context, deployment, next, desired);
  } else {
    const limits = rollingLimits(deployment.spec?.strategy?.rollingUpdate, desired);
    const taken = old.reduce((total, set) => total + (set.spec?.replicas ?? 1), 0);
    const first = Math.max(0, Math.min(desired, desired + limits.maxSurge - taken));
    const next = announce(context, deployment, ensureNext(store, deployment, revisions, first), revisions.next);
    const step = rollingStep({ desired, ...limits, next: view(next), old: old.map(view) });
    for (const set of [next, ...old]) scale(context, deployment, set, step.get(set.metadata.name));
  }
  pruneHistory(store, deployment, old);
}

function view({ metadata, spec, status }: Stored<ReplicaSet>) {
  return { name: metadata.name, replicas: spec?.replicas ?? 1, available: status?.availableReplicas ?? 0 };
}

/** Copies the revision to the Deployment, and tells of a ReplicaSet that was just made. */
function announce(
  { store, events }: ControllerContext,
  deployment: Stored<Deployment>,
  next: Stored<ReplicaSet>,
  before: Stored<ReplicaSet> | undefined,
): Stored<ReplicaSet> {
  if (revisionOf(deployment) !== revisionOf(next)) {
    const annotations = { ...deployment.metadata.annotations, [revisionAnnotation]: String(revisionOf(next)) };
    store.update<Deployment>({ ...deployment, metadata: { ...deployment.metadata, annotations } });
  }
  if (before === undefined) {
    const message = `Scaled up replica set ${next.metadata.name} from 0 to ${next.spec?.replicas}`;
    events.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }
  return next;
}

function scale(
  { store, events }: ControllerContext,
  deployment: Stored<Deployment>,
  set: Stored<ReplicaSet>,
  replicas: number | undefined,
): void {
  const before = set.spec?.replicas ?? 1;
  if (replicas === undefined || replicas === before) return;
  store.update<ReplicaSet>({ ...set, spec: { ...set.spec, replicas } });
  const direction = replicas > before ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`;
  events.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
}

/** A paused Deployment is scaled but not rolled: the newest revision that runs takes the difference, then the older ones. */
function scalePaused(context: ControllerContext, deployment: Stored<Deployment>, { next, old }: Revisions): void {
  const sets = [...(next === undefined ? [] : [next]), ...old.toReversed()];
  const running = sets.filter((set) => (set.spec?.replicas ?? 1) > 0);
  const targets = running.length > 0 ? running : sets.slice(0, 1);
  let difference = (deployment.spec?.replicas ?? 1) - targets.reduce((sum, set) => sum + (set.spec?.replicas ?? 1), 0);
  for (const set of targets) {
    const before = set.spec?.replicas ?? 1;
    const after = Math.max(0, before + difference);
    difference -= after - before;
    scale(context, deployment, set, after);
  }
}
