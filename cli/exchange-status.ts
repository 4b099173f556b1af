import type { Pod } from 'kubernetes-types/core/v1.js';
import { programmed } from '../mesh/route-in-force.ts';
import type { VerdictName } from '../rollout/core/check.ts';
import type { RolloutPhase, RolloutResource } from '../rollout/resource/rollout.ts';
import type { ClusterObject } from './cluster.ts';
import { type MethodState, methodStates } from './methods.ts';
import { type Observed, planOf, releaseOf } from './plan.ts';
import { isRunning } from './rollout/phase.ts';
import type { Route } from './routes.ts';

export interface ReleaseStatus {
  readonly version: string;
  readonly weight: number;
  readonly ready: number;
  readonly replicas: number;
}

export interface ServiceStatus {
  readonly name: string;
  /** The way in from outside; absent when there is none. */
  readonly url?: string;
  readonly releases: readonly ReleaseStatus[];
  /** Why the weights are not in force (yet). */
  readonly pending?: string;
  /** An attempt that is at work, to which the weights belong meanwhile. */
  readonly rollout?: RolloutSummary;
}

/** How a rollout stands, in a few words. */
export interface RolloutSummary {
  readonly candidate: string;
  readonly phase: RolloutPhase;
  readonly stage?: string;
  readonly verdict?: VerdictName;
}

export interface ExchangeStatus {
  readonly target: {
    readonly name: string;
    readonly running: boolean;
    readonly mesh?: string;
    readonly server?: string;
    readonly reason?: string;
  };
  readonly services: readonly ServiceStatus[];
  /** Pods that a process of this machine can go around or speak for (embedded cluster only). */
  readonly notIsolated: readonly PodHole[];
  readonly methods: readonly MethodState[];
}

export interface PodHole {
  readonly pod: string;
  /** Names each hole. */
  readonly reason: string;
}

/** What the cluster's objects say about each service. Pure. `edgeUrl` is where the Gateway listens on the host. */
export function serviceStates(
  observed: Observed,
  edgeUrl: string,
  rollouts: readonly RolloutResource[] = [],
): ServiceStatus[] {
  return Object.entries(planOf(observed))
    .map(([name, weights]) => {
      const states = [observed.routes.get(name), observed.routes.get(`edge-${name}`)].flatMap((route) =>
        route ? [programmed(route)] : [],
      );
      const waiting = states.find((state) => state.state !== 'yes');
      const url = outsideUrl(observed.routes.get(`edge-${name}`), edgeUrl);
      return {
        name,
        ...(url ? { url } : {}),
        releases: Object.entries(weights).map(([version, weight]) => ({
          version,
          weight,
          ...pods(observed, name, version),
        })),
        ...(waiting && 'why' in waiting ? { pending: waiting.why } : {}),
        ...rolloutOf(rollouts, name),
      };
    })
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function rolloutOf(rollouts: readonly RolloutResource[], service: string): Pick<ServiceStatus, 'rollout'> {
  const status = rollouts.find(({ spec }) => spec.service === service)?.status;
  const { phase, candidate, stage, verdict } = status ?? {};
  if (!isRunning(status) || phase === undefined || candidate === undefined) return {};
  return { rollout: { candidate, phase, ...(stage ? { stage } : {}), ...(verdict ? { verdict } : {}) } };
}

/** Services of which every release that has weight is ready. */
export function readyServices(services: readonly ServiceStatus[]): Set<string> {
  const ready = services.filter(({ releases }) => {
    const withTraffic = releases.filter(({ weight }) => weight > 0);
    return (
      withTraffic.length > 0 && withTraffic.every((release) => release.ready >= release.replicas && release.ready > 0)
    );
  });
  return new Set(ready.map(({ name }) => name));
}

/** The whole from its parts; `target.running` false means that nothing else was looked at. */
export function exchangeStatus(
  target: ExchangeStatus['target'],
  services: readonly ServiceStatus[],
  notIsolated: readonly PodHole[] = [],
): ExchangeStatus {
  return { target, services, notIsolated, methods: methodStates(readyServices(services)) };
}

/** Pods whose condition `parley.dev/Isolated` is False; a cluster with a Pod network has no such condition. Pure. */
export function podHoles(pods: readonly ClusterObject<Pod>[]): PodHole[] {
  return pods
    .flatMap(({ metadata, status }) => {
      const open = status?.conditions?.find(
        ({ type, status: value }) => type === 'parley.dev/Isolated' && value === 'False',
      );
      return open ? [{ pod: metadata?.name ?? '', reason: open.message ?? open.reason ?? '' }] : [];
    })
    .sort((left, right) => (left.pod < right.pod ? -1 : 1));
}

function pods({ deployments }: Observed, service: string, version: string) {
  const found = deployments.find((each) => {
    const release = releaseOf(each);
    return release?.service === service && release.version === version;
  });
  return { ready: found?.status?.readyReplicas ?? 0, replicas: found?.spec?.replicas ?? 1 };
}

/** The first path or gRPC service that the edge route lets in. */
function outsideUrl(route: Route | undefined, edgeUrl: string): string | undefined {
  if (!route) return undefined;
  const match = route.spec.rules?.flatMap(({ matches }) => matches ?? [])[0];
  if (match?.path?.value) return `${edgeUrl}${match.path.value}`;
  return match?.method?.service ? `${edgeUrl}/${match.method.service}` : edgeUrl;
}
