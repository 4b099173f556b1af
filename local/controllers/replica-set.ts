import type { ReplicaSet, ReplicaSetStatus } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { timestamp } from '../clock.ts';
import { withCondition, withoutCondition } from '../objects/conditions.ts';
import { availableInMs, isActive, isReady } from '../objects/pods.ts';
import { selectsLabels } from '../objects/selector.ts';
import type { Stored } from '../store/types.ts';
import { type Controller, type ControllerContext, ownerKey } from './controller.ts';
import { ownedPods, podFromTemplate } from './owned-pods.ts';
import { scaleDownOrder } from './replica-set-scale.ts';

/** Keeps as many Pods as spec.replicas asks for (https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/). */
export function replicaSetController(context: ControllerContext): Controller {
  return {
    kind: 'ReplicaSet.apps',
    watches: { Pod: ({ object }) => ownerKey(object, 'ReplicaSet') },
    reconcile({ namespace, name }) {
      const set = context.store.get<ReplicaSet>('ReplicaSet.apps', name, namespace);
      if (set === undefined) return undefined;
      const pods = ownedPods(context.store, set, set.spec?.selector);
      const problem = set.metadata.deletionTimestamp === undefined ? scale(context, set, pods) : undefined;
      const againMs = report(context, set, problem);
      if (problem !== undefined) throw problem;
      return againMs;
    },
  };
}

function scale({ store, events }: ControllerContext, set: Stored<ReplicaSet>, pods: Stored<Pod>[]): Error | undefined {
  const active = pods.filter(isActive);
  const missing = (set.spec?.replicas ?? 1) - active.length;
  const { namespace, name } = set.metadata;
  for (const pod of scaleDownOrder(active).slice(0, Math.max(0, -missing))) {
    store.delete('Pod', pod.metadata.name, namespace);
    events.record(set, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` });
  }
  const template = set.spec?.template;
  for (let index = 0; template !== undefined && index < missing; index += 1) {
    try {
      const pod = store.create(podFromTemplate(set, template, { generateName: `${name}-` }));
      events.record(set, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` });
    } catch (error) {
      events.record(set, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${String(error)}` });
      return error instanceof Error ? error : new Error(String(error));
    }
  }
  return undefined;
}

/** Writes the status; returns when the next Pod becomes available. */
function report({ store, clock }: ControllerContext, set: Stored<ReplicaSet>, problem: Error | undefined) {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const pods = ownedPods(store, set).filter(isActive);
  const waits = pods.map((pod) => availableInMs(pod, minReadySeconds, clock.now()));
  const labels = set.spec?.template?.metadata?.labels ?? {};
  const { conditions } = set.status ?? {};
  const now = timestamp(clock.now());
  const status: ReplicaSetStatus = {
    replicas: pods.length,
    fullyLabeledReplicas: pods.filter((pod) => selectsLabels(labels, pod.metadata.labels)).length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    observedGeneration: set.metadata.generation,
    conditions:
      problem === undefined
        ? withoutCondition(conditions, 'ReplicaFailure')
        : withCondition(
            conditions,
            { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: problem.message },
            now,
          ),
  };
  store.updateStatus<ReplicaSet>({ ...set, status });
  const pending = waits.filter((wait) => wait !== undefined && wait > 0) as number[];
  return pending.length > 0 ? Math.min(...pending) : undefined;
}
