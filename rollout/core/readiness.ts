import type { Observation } from './observation.ts';
import type { Traffic } from './traffic.ts';

/** The two releases of an attempt. */
export interface Pair {
  readonly stable: string;
  readonly candidate: string;
}

export function isReady(observation: Observation, release: string): boolean {
  return (observation.releases[release]?.readyPods ?? 0) > 0;
}

/** Why this traffic cannot be given now: a release that would get some of it has no ready Pods. Undefined: it can. */
export function unreadyFor(
  observation: Observation,
  { stable, candidate }: Pair,
  traffic: Traffic,
): string | undefined {
  const unready = [
    ...(getsNothing(traffic) || isStarted(traffic, 'candidate') ? [] : [candidate]),
    ...(traffic.weight >= 100 || isStarted(traffic, 'stable') ? [] : [stable]),
  ].find((release) => !isReady(observation, release));
  return unready === undefined ? undefined : `${unready} has no ready Pods`;
}

/** Whether routes ask for this traffic and everyone goes by it; otherwise what is not so yet. */
export function inForce(observation: Observation, { stable, candidate }: Pair, traffic: Traffic): true | string {
  const { routed } = observation;
  if (!routed) return 'no route of the service is known';
  if (!routed.isAt(stable, candidate, traffic)) return 'the routes are not written yet';
  return routed.inForce;
}

function getsNothing({ weight, match, mirrorPercent }: Traffic): boolean {
  return weight <= 0 && !match?.length && !mirrorPercent;
}

/** Consumers are given Pods, not requests: having some is what the traffic is for, so it cannot be waited for. */
function isStarted({ replicas }: Traffic, release: 'stable' | 'candidate'): boolean {
  return (replicas?.[release] ?? 0) > 0;
}
