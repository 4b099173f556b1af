import type { Pod, PodCondition, PodStatus } from 'kubernetes-types/core/v1.js';
import { timestamp } from '../clock.ts';
import { withCondition } from '../objects/conditions.ts';
import type { Stored } from '../store/types.ts';
import { type ContainerView, containerStatus } from './container-view.ts';
import { isolation } from './isolation.ts';

export interface PodObservation {
  readonly pod: Stored<Pod>;
  readonly ip: string | undefined;
  readonly hostIp: string;
  /** It has a sidecar. */
  readonly meshed: boolean;
  readonly startedMs: number;
  readonly init: readonly ContainerView[];
  readonly apps: readonly ContainerView[];
  /** What keeps the Pod from being placed, with its fields. */
  readonly unsupported?: string;
  /** What keeps its containers from being started (volumes, sidecar). */
  readonly blocked?: { readonly reason: string; readonly message: string };
  /** Ended for good by something other than its containers (activeDeadlineSeconds). */
  readonly failed?: { readonly reason: string; readonly message: string };
}

/** The status of a Pod as kubectl expects it (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/). Pure. */
export function podStatus(observation: PodObservation, nowMs: number): PodStatus {
  const { pod, ip, hostIp, unsupported, blocked, failed } = observation;
  const now = timestamp(nowMs);
  let conditions = pod.status?.conditions ?? [];
  for (const entry of podConditions(observation)) conditions = withCondition(conditions, entry, now);
  if (unsupported !== undefined) {
    return { phase: 'Pending', reason: 'Unsupported', message: unsupported, conditions, qosClass: qosClass(pod) };
  }
  const problem = failed ?? blocked;
  const show = (view: ContainerView) =>
    containerStatus(
      blocked && view.phase.kind === 'waiting' ? { ...view, phase: { kind: 'waiting', ...blocked } } : view,
    );
  return {
    phase: failed ? 'Failed' : podPhase(observation),
    ...(problem === undefined || !failed ? {} : problem),
    conditions,
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime: pod.status?.startTime ?? timestamp(observation.startedMs),
    ...(observation.init.length > 0 ? { initContainerStatuses: observation.init.map(show) } : {}),
    containerStatuses: observation.apps.map(show),
    qosClass: qosClass(pod),
  };
}

/** Pending until every container has run, then Running, then Succeeded or Failed. Pure. */
export function podPhase({ init, apps }: Pick<PodObservation, 'init' | 'apps'>): string {
  const brokenInit = init.some((view) => view.kind === 'init' && view.final && exitCode(view) !== 0);
  if (brokenInit) return 'Failed';
  if (apps.every((view) => view.final)) return apps.every((view) => exitCode(view) === 0) ? 'Succeeded' : 'Failed';
  const ran = (view: ContainerView) => view.phase.kind !== 'waiting' || view.last !== undefined;
  return init.every(initialized) && apps.every(ran) ? 'Running' : 'Pending';
}

function exitCode({ phase }: ContainerView): number | undefined {
  return phase.kind === 'terminated' ? phase.end.exitCode : undefined;
}

function initialized(view: ContainerView): boolean {
  return view.kind === 'sidecar' ? view.started || view.final : exitCode(view) === 0;
}

function podConditions(observation: PodObservation): PodCondition[] {
  const { init, apps, unsupported, pod, ip, meshed } = observation;
  if (unsupported !== undefined) {
    return [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: unsupported }];
  }
  const waiting = init.filter((view) => !initialized(view)).map(({ name }) => name);
  const unready = [...init.filter(({ kind }) => kind === 'sidecar'), ...apps]
    .filter(({ ready }) => !ready)
    .map(({ name }) => name);
  const finished = apps.every((view) => view.final) && apps.every((view) => exitCode(view) === 0);
  const readiness: Omit<PodCondition, 'type'> =
    unready.length === 0
      ? { status: 'True' }
      : finished
        ? { status: 'False', reason: 'PodCompleted' }
        : {
            status: 'False',
            reason: 'ContainersNotReady',
            message: `containers with unready status: [${unready.join(' ')}]`,
          };
  return [
    { type: 'PodScheduled', status: 'True' },
    waiting.length === 0
      ? { type: 'Initialized', status: 'True', ...(finished ? { reason: 'PodCompleted' } : {}) }
      : {
          type: 'Initialized',
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${waiting.join(' ')}]`,
        },
    { type: 'ContainersReady', ...readiness },
    { type: 'Ready', ...readiness },
    isolation(pod, ip, meshed),
  ];
}

function qosClass(pod: Stored<Pod>): string {
  const resources = (pod.spec?.containers ?? []).map((container) => container.resources ?? {});
  const amounts = ({ requests, limits }: (typeof resources)[number]) => Object.keys({ ...requests, ...limits }).length;
  if (resources.every((entry) => amounts(entry) === 0)) return 'BestEffort';
  const guaranteed = resources.every(({ requests, limits }) =>
    ['cpu', 'memory'].every(
      (kind) => limits?.[kind] !== undefined && (requests?.[kind] ?? limits[kind]) === limits[kind],
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
