import type { ReplicaSet, StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from 'kubernetes-types/policy/v1.js';
import { timestamp } from '../clock.ts';
import { withCondition } from '../objects/conditions.ts';
import { controllerOf } from '../objects/owners.ts';
import { isActive, isReady } from '../objects/pods.ts';
import { selects } from '../objects/selector.ts';
import type { ObjectStore, Stored } from '../store/types.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { resolveShare } from './rolling-update.ts';

const kind = 'PodDisruptionBudget.policy';

/** Keeps the status of PodDisruptionBudgets (https://kubernetes.io/docs/tasks/run-application/configure-pdb/). */
export function disruptionBudgetController({ store, clock }: ControllerContext): Controller {
  return {
    kind,
    watches: {
      Pod: ({ object: { metadata } }) =>
        store
          .list<PodDisruptionBudget>(kind, { namespace: metadata.namespace })
          .items.filter(({ spec }) => selects(spec?.selector, metadata.labels))
          .map((budget) => ({ namespace: budget.metadata.namespace, name: budget.metadata.name })),
    },
    reconcile({ namespace, name }) {
      const budget = store.get<PodDisruptionBudget>(kind, name, namespace);
      if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return undefined;
      const pods = store
        .list<Pod>('Pod', { namespace })
        .items.filter((pod) => isActive(pod) && selects(budget.spec?.selector, pod.metadata.labels));
      const counts = budgetCounts(budget, expectedPods(store, pods), pods.filter(isReady).length);
      const allowed = counts.disruptionsAllowed > 0;
      const conditions = withCondition(
        budget.status?.conditions,
        {
          type: 'DisruptionAllowed',
          status: allowed ? 'True' : 'False',
          reason: allowed ? 'SufficientPods' : 'InsufficientPods',
          message: '',
          observedGeneration: budget.metadata.generation,
          lastTransitionTime: '',
        },
        timestamp(clock.now()),
      );
      const status = { ...counts, observedGeneration: budget.metadata.generation, conditions };
      store.updateStatus<PodDisruptionBudget>({ ...budget, status });
      return undefined;
    },
  };
}

/** How many Pods must stay healthy and how many may go now. Pure. */
export function budgetCounts(
  budget: Stored<PodDisruptionBudget>,
  expectedPods: number,
  currentHealthy: number,
): Omit<PodDisruptionBudgetStatus, 'conditions'> {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  const desiredHealthy =
    maxUnavailable === undefined
      ? resolveShare(minAvailable ?? 1, expectedPods, 'up', 'spec.minAvailable')
      : Math.max(0, expectedPods - resolveShare(maxUnavailable, expectedPods, 'up', 'spec.maxUnavailable'));
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  return { expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed };
}

/** The replicas that the owners of the Pods want; a Pod without an owner counts as one. */
function expectedPods(store: ObjectStore, pods: readonly Stored<Pod>[]): number {
  const wanted = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const type = owner?.kind === 'ReplicaSet' || owner?.kind === 'StatefulSet' ? `${owner.kind}.apps` : undefined;
    if (owner === undefined || type === undefined) wanted.set(pod.metadata.uid, 1);
    else if (!wanted.has(owner.uid)) {
      const set = store.get<ReplicaSet | StatefulSet>(type, owner.name, pod.metadata.namespace);
      wanted.set(owner.uid, set?.spec?.replicas ?? 1);
    }
  }
  return [...wanted.values()].reduce((sum, count) => sum + count, 0);
}
