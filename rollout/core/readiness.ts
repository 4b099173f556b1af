import type { Observation } from './observation.ts';
import type { Traffic } from './traffic.ts';

/** The two releases of an attempt. */
export interface Pair {
  readonly stable: string;
  readonly candidate: string;
}

/** Whether the release has at least one ready Pod. */
export function isReady(observation: Observation, release: string): boolean {
  return (observation.releases[release]?.readyPods ?? 0) > 0;
}

/** Why this traffic cannot be given now: a release that would get some of it has no ready Pods. Undefined: it can. */
export function unreadyFor(
  observation: Observation,
  { stable, candidate }: Pair,
  traffic: Traffic,
): string | undefined {
  const unready = [...(getsNothing(traffic) ? [] : [candidate]), ...(traffic.weight >= 100 ? [] : [stable])].find(
    (release) => !isReady(observation, release),
  );
  return unready === undefined ? undefined : `${unready} has no ready Pods`;
}

/** Whether routes ask for this traffic and everyone goes by it; otherwise what is not so yet. */
export function inForce(observation: Observation, { stable, candidate }: Pair, traffic: Traffic): true | string {
  const { routed } = observation;
  if (!routed) return 'no route of the service is known';
  if (!routed.isAt(stable, candidate, traffic)) return routed.refused ?? 'the routes are not written yet';
  if (routed.inForce !== true) return routed.inForce;
  return missingPods(observation, { stable, candidate }, traffic) ?? true;
}

function getsNothing({ weight, match, mirrorPercent }: Traffic): boolean {
  return weight <= 0 && !match?.length && !mirrorPercent;
}

/** Consumers do their part when so many of them are ready. */
function missingPods(
  { releases }: Observation,
  { stable, candidate }: Pair,
  { replicas }: Traffic,
): string | undefined {
  if (!replicas) return undefined;
  const wanted = [[stable, replicas.stable] as const, [candidate, replicas.candidate] as const];
  const short = wanted.find(([release, pods]) => (releases[release]?.readyPods ?? 0) < pods);
  return short && `${releases[short[0]]?.readyPods ?? 0} of ${short[1]} Pods of ${short[0]} are ready`;
}
