import type { StatefulSet, StatefulSetStatus } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { availableInMs, isFinished, isReady } from '../objects/pods.ts';
import type { Stored } from '../store/types.ts';
import { type Controller, type ControllerContext, ownerKey } from './controller.ts';
import { ownedPods } from './owned-pods.ts';
import {
  type ControllerRevision,
  ensureClaims,
  ensureRevision,
  ordinalOf,
  revisionLabel,
  revisionsOfSet,
  statefulPod,
} from './stateful-set-pods.ts';
import { type OrdinalState, type StatefulAction, statefulSetStep } from './stateful-set-step.ts';

/** Keeps the Pods of a StatefulSet: stable names and claims, in order. */
export function statefulSetController(context: ControllerContext): Controller {
  const { store, clock } = context;
  return {
    kind: 'StatefulSet.apps',
    watches: { Pod: ({ object }) => ownerKey(object, 'StatefulSet') },
    reconcile({ namespace, name }) {
      const set = store.get<StatefulSet>('StatefulSet.apps', name, namespace);
      if (set === undefined) return undefined;
      const update = ensureRevision(store, set);
      const revisions = revisionsOfSet(store, set);
      const current = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
      if (set.metadata.deletionTimestamp === undefined) {
        const pods = ordinals(context, set, ownedPods(store, set, set.spec?.selector));
        for (const action of statefulSetStep(stateOf(set, current, update, pods))) {
          perform(
            context,
            set,
            action,
            revisions.find(({ metadata }) => action.kind === 'create' && metadata.name === action.revision),
          );
        }
      }
      return report(context, set, current.metadata.name, update.metadata.name, clock.now());
    },
  };
}

function ordinals(
  { clock }: ControllerContext,
  set: Stored<StatefulSet>,
  pods: readonly Stored<Pod>[],
): OrdinalState[] {
  return pods.flatMap((pod) => {
    const ordinal = ordinalOf(set, pod.metadata.name);
    if (ordinal === undefined) return [];
    return {
      ordinal,
      revision: pod.metadata.labels?.[revisionLabel] ?? '',
      available: availableInMs(pod, set.spec?.minReadySeconds ?? 0, clock.now()) === 0,
      terminating: pod.metadata.deletionTimestamp !== undefined,
      finished: isFinished(pod),
    };
  });
}

function stateOf(
  set: Stored<StatefulSet>,
  current: Stored<ControllerRevision>,
  update: Stored<ControllerRevision>,
  pods: readonly OrdinalState[],
) {
  const { replicas = 1, podManagementPolicy = 'OrderedReady', updateStrategy } = set.spec ?? {};
  const type = updateStrategy?.type ?? 'RollingUpdate';
  if (type !== 'RollingUpdate' && type !== 'OnDelete') {
    throw new Error(`spec.updateStrategy.type: "${type}" is none of RollingUpdate, OnDelete`);
  }
  return {
    replicas,
    start: set.spec?.ordinals?.start ?? 0,
    ordered: podManagementPolicy === 'OrderedReady',
    currentRevision: current.metadata.name,
    updateRevision: update.metadata.name,
    partition: type === 'OnDelete' ? undefined : (updateStrategy?.rollingUpdate?.partition ?? 0),
    pods,
  };
}

function perform(
  { store, events }: ControllerContext,
  set: Stored<StatefulSet>,
  action: StatefulAction,
  revision: Stored<ControllerRevision> | undefined,
): void {
  const name = `${set.metadata.name}-${action.ordinal}`;
  if (action.kind === 'delete') {
    store.delete('Pod', name, set.metadata.namespace);
    const message = `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`;
    events.record(set, { type: 'Normal', reason: 'SuccessfulDelete', message });
    return;
  }
  if (revision === undefined)
    throw new Error(`ControllerRevision ${action.revision} is gone: it is needed for Pod ${name}`);
  ensureClaims(store, set, action.ordinal);
  store.create(statefulPod(set, revision, action.ordinal));
  const message = `create Pod ${name} in StatefulSet ${set.metadata.name} successful`;
  events.record(set, { type: 'Normal', reason: 'SuccessfulCreate', message });
}

function report(
  context: ControllerContext,
  before: Stored<StatefulSet>,
  current: string,
  update: string,
  nowMs: number,
) {
  const { store } = context;
  const set = store.get<StatefulSet>('StatefulSet.apps', before.metadata.name, before.metadata.namespace);
  if (set === undefined) return undefined;
  const pods = ownedPods(store, set).filter((pod) => !isFinished(pod));
  const waits = pods.map((pod) => availableInMs(pod, set.spec?.minReadySeconds ?? 0, nowMs));
  const of = (revision: string) => pods.filter(({ metadata }) => metadata.labels?.[revisionLabel] === revision).length;
  const updatedReplicas = of(update);
  const readyReplicas = pods.filter(isReady).length;
  const desired = set.spec?.replicas ?? 1;
  const done = updatedReplicas === desired && pods.length === desired && readyReplicas === desired;
  const status: StatefulSetStatus = {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    updatedReplicas,
    currentReplicas: done ? updatedReplicas : of(current),
    currentRevision: done ? update : current,
    updateRevision: update,
  };
  store.updateStatus<StatefulSet>({ ...set, status });
  const pending = waits.filter((wait) => wait !== undefined && wait > 0) as number[];
  return pending.length > 0 ? Math.min(...pending) : undefined;
}
