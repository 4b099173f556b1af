import type { Pod } from 'kubernetes-types/core/v1.js';
import { releaseSelector } from '../../mesh/objects.ts';
import type { CheckVerdict, VerdictName } from '../../rollout/core/check.ts';
import type { Counts } from '../../rollout/core/evidence.ts';
import type { GateResult, State } from '../../rollout/core/state.ts';
import type { RolloutPhase, RolloutResource } from '../../rollout/resource/rollout.ts';
import type { ClusterObject } from '../cluster.ts';
import { type RunningDeployment, releaseOf } from '../plan.ts';
import { countsOf, type SeenCounts } from './counts.ts';
import { notTakenUp } from './phase.ts';
import { strategyTitle } from './strategy-title.ts';

/** Everything that people are shown of one rollout at one moment. */
export interface RolloutView {
  readonly service: string;
  readonly namespace: string;
  readonly phase: RolloutPhase | 'Unseen';
  readonly attempt?: number;
  /** Of the attempt; the release that is asked for while there is none. */
  readonly candidate: string;
  readonly stable?: string;
  readonly strategy: string;
  readonly stage?: string;
  /** Percent of the candidate as it is wanted. */
  readonly weight?: number;
  readonly verdict?: VerdictName;
  readonly message?: string;
  readonly beganAtMs?: number;
  readonly endedAtMs?: number;
  readonly releases: readonly ReleaseView[];
  readonly checks: readonly CheckVerdict[];
  /** What has to be so before the first request. */
  readonly gates: readonly GateResult[];
  /** Why there is no evidence at the moment. */
  readonly missing?: { readonly reason: string; readonly hint: string };
  /** Why what is shown may be old: no controller has taken up the object as it is. */
  readonly unseen?: string;
}

/** One release as it is shown. */
export interface ReleaseView {
  readonly release: string;
  readonly role: 'stable' | 'candidate';
  /** Percent. */
  readonly weight?: number;
  readonly readyPods: number;
  readonly wantedPods: number;
  readonly pods: readonly PodView[];
  /** Since the stage began; of an attempt that ended: what it was judged by. */
  readonly seen?: SeenCounts;
}

/** One Pod as it is shown. */
export interface PodView {
  readonly name: string;
  readonly ready: boolean;
  /** `Running`, `CrashLoopBackOff`, ... */
  readonly state: string;
  readonly restarts: number;
  readonly startedAtMs?: number;
}

/** What the cluster holds about a rollout, read once. */
export interface RolloutSeen {
  readonly rollout: RolloutResource;
  readonly deployments: readonly RunningDeployment[];
  readonly pods: readonly ClusterObject<Pod>[];
}

/** The view of what was read. Pure. */
export function viewOf({ rollout, deployments, pods }: RolloutSeen): RolloutView {
  const { metadata, spec, status = {} } = rollout;
  const { state } = status;
  const candidate = status.candidate ?? spec.candidate;
  const stable = status.stable ?? spec.stable;
  const unseen = notTakenUp(rollout);
  const checks = status.checks ?? [];
  const weight = status.weight;
  const release = (role: ReleaseView['role'], name: string, share: number | undefined): ReleaseView => {
    const seen = countsOf(role, testCounts(role, state), checks);
    return {
      release: name,
      role,
      ...(share === undefined ? {} : { weight: share }),
      ...podCounts(deployments, spec.service, name),
      pods: podsOf(pods, spec.service, name),
      ...(seen ? { seen } : {}),
    };
  };
  return {
    service: spec.service,
    namespace: metadata.namespace,
    phase: status.phase ?? 'Unseen',
    ...defined({ attempt: status.attempt, stable, stage: status.stage, weight, verdict: status.verdict }),
    ...defined({ message: status.message, unseen }),
    candidate,
    strategy: strategyTitle(spec.strategy),
    ...timesOf(state),
    releases: [
      ...(stable === undefined ? [] : [release('stable', stable, weight === undefined ? undefined : 100 - weight)]),
      ...(candidate === stable ? [] : [release('candidate', candidate, weight)]),
    ],
    checks,
    gates: state?.phase === 'Gating' ? state.gates : [],
    ...(state?.phase === 'Analysing' && state.missing ? { missing: state.missing } : {}),
  };
}

function testCounts(role: ReleaseView['role'], state: State | undefined): Counts | undefined {
  const tests = state && 'tests' in state ? state.tests : undefined;
  return tests && tests.candidate.requests + tests.stable.requests > 0 ? tests[role] : undefined;
}

function timesOf(state: State | undefined): Pick<RolloutView, 'beganAtMs' | 'endedAtMs'> {
  if (!state || state.phase === 'Idle') return {};
  return { beganAtMs: state.beganAtMs, ...(state.phase === 'Ended' ? { endedAtMs: state.endedAtMs } : {}) };
}

function podCounts(deployments: readonly RunningDeployment[], service: string, version: string) {
  const found = deployments.find((each) => {
    const release = releaseOf(each);
    return release?.service === service && release.version === version;
  });
  return { readyPods: found?.status?.readyReplicas ?? 0, wantedPods: found ? (found.spec?.replicas ?? 1) : 0 };
}

function podsOf(pods: readonly ClusterObject<Pod>[], service: string, version: string): PodView[] {
  const wanted = Object.entries(releaseSelector(service, version));
  return pods
    .filter(({ metadata }) => wanted.every(([label, value]) => metadata?.labels?.[label] === value))
    .map(podView)
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function podView({ metadata, status }: ClusterObject<Pod>): PodView {
  const containers = status?.containerStatuses ?? [];
  const waiting = containers.map(({ state }) => state?.waiting?.reason).find(Boolean);
  const phase = metadata?.deletionTimestamp ? 'Terminating' : (waiting ?? status?.phase ?? 'Pending');
  const startedAtMs = status?.startTime ? Date.parse(String(status.startTime)) : undefined;
  return {
    name: metadata?.name ?? '',
    ready: status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true,
    state: phase,
    restarts: containers.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
  };
}

/** Without the members that are not known. */
function defined<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
