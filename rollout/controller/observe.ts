import { releaseName } from '../../mesh/release.ts';
import type { Reading } from '../core/evidence.ts';
import type { Observation, Routed } from '../core/observation.ts';
import type { RolloutPlan } from '../core/plan.ts';
import type { GateName, GateResult, State } from '../core/state.ts';
import type { Traffic } from '../core/traffic.ts';
import { routesGate } from './gates.ts';
import type { Deployment, Route } from './objects.ts';
import { factsOf, releaseNamed } from './releases.ts';
import { hasAdded } from './route-rules.ts';
import { inForce, isRoutedAs, routesTo, sharesIn } from './routes.ts';

/** What the controller knows of one rollout. */
export interface Known {
  readonly nowMs: number;
  readonly service: string;
  readonly state: State;
  /** Undefined: the object is to go. */
  readonly plan: RolloutPlan | undefined;
  /** Every route with releases of the service in its weighted rule. */
  readonly routes: readonly Route[];
  /** By release. */
  readonly deployments: ReadonlyMap<string, Deployment>;
  readonly gates: Partial<Record<GateName, GateResult>>;
  readonly reading: Reading | undefined;
  /** Why the traffic could not be written at the last look. */
  readonly refused: string | undefined;
}

/** The engine's view of the world. */
export function observe(known: Known): Observation {
  const { nowMs, plan, deployments, reading } = known;
  const readiness = plan && known.state.phase === 'Gating' ? routesGate(routesOf(known), plan.stages) : undefined;
  return {
    nowMs,
    plan,
    releases: Object.fromEntries([...deployments].map(([release, deployment]) => [release, factsOf(deployment)])),
    routed: routedOf(known),
    gates: { ...known.gates, ...(readiness ? { readiness } : {}) },
    ...(reading ? { reading } : {}),
  };
}

/** The routes that the attempt moves: those that lead to the stable release; before it begins, all of the service. */
export function routesOf({ routes, service, state }: Pick<Known, 'routes' | 'service' | 'state'>): readonly Route[] {
  return 'stable' in state ? routes.filter((route) => routesTo(route, service, state.stable)) : routes;
}

/** Whether releases take messages by having Pods, not requests by having weight. */
export function isConsumer({ plan, state }: Pick<Known, 'plan' | 'state'>): boolean {
  const wanted = 'traffic' in state ? state.traffic?.replicas : undefined;
  return wanted !== undefined || (plan?.stages.some(({ traffic }) => traffic.replicas) ?? false);
}

function routedOf(known: Known): Routed | undefined {
  const { service, deployments } = known;
  const routes = routesOf(known);
  const consumer = isConsumer(known);
  if (routes.length === 0 && !consumer) return hasNothingToTakeBack(known) ? nothingRouted : undefined;
  return {
    // Asked for at the begin of an attempt only.
    get weights() {
      return routes.length > 0 ? weightsOf(known, routes) : podShares(deployments);
    },
    isAt: (stable, candidate, traffic) =>
      routes.every((route) => isRoutedAs(route, { service, stable, candidate, traffic })) &&
      scaled(deployments, stable, candidate, traffic).length === 0,
    inForce: inForceWith(routes, consumer ? [...deployments] : []),
    ...(known.refused === undefined ? {} : { refused: known.refused }),
  };
}

/** Nobody can go by routes that are gone: what the attempt did to the traffic went with them. */
const nothingRouted: Routed = { weights: {}, isAt: () => true, inForce: true };

function hasNothingToTakeBack({ routes, service, state }: Known): boolean {
  if (state.phase !== 'Reverting') return false;
  return routes.every((route) => !routesTo(route, service, state.candidate) && !hasAdded(route));
}

function inForceWith(routes: readonly Route[], deployments: readonly (readonly [string, Deployment])[]): true | string {
  const routed = inForce(routes);
  if (routed !== true) return routed;
  const unsettled = deployments.find(([, deployment]) => !isSettled(deployment));
  return unsettled === undefined || `Deployment ${unsettled[1].metadata.name} has not as many ready Pods as it wants`;
}

function isSettled(deployment: Deployment): boolean {
  const { readyPods, wantedPods } = factsOf(deployment);
  return readyPods === wantedPods && (deployment.status?.replicas ?? 0) === wantedPods;
}

/** Of the mesh's route where there is one, since the edge follows it; releases by their names. */
function weightsOf({ service, deployments, plan, state }: Known, routes: readonly Route[]): Record<string, number> {
  const isMesh = ({ spec }: Route) => spec.parentRefs?.some(({ kind }) => kind === 'Service') ?? false;
  const [first] = [...routes].sort((a, b) => Number(isMesh(b)) - Number(isMesh(a)));
  const names = new Map([
    ...(plan ? [plan.candidate, ...(plan.stable ? [plan.stable] : [])] : []).map(
      (r) => [releaseName(service, r), r] as const,
    ),
    ...('stable' in state ? [state.stable, state.candidate] : []).map((r) => [releaseName(service, r), r] as const),
    ...[...deployments].map(([release, { metadata }]) => [metadata.name, release] as const),
  ]);
  const shares = first ? [...sharesIn(first)] : [];
  return Object.fromEntries(
    shares.flatMap(([name, share]) => {
      const release = names.get(name) ?? releaseNamed(service, name);
      return release === undefined ? [] : [[release, share]];
    }),
  );
}

/** Share in percent of each release of the Pods that are wanted. */
function podShares(deployments: ReadonlyMap<string, Deployment>): Record<string, number> {
  const wanted = [...deployments].map(([release, deployment]) => [release, factsOf(deployment).wantedPods] as const);
  const total = wanted.reduce((sum, [, pods]) => sum + pods, 0);
  return Object.fromEntries(wanted.map(([release, pods]) => [release, total > 0 ? (100 * pods) / total : 0]));
}

/** A Deployment that has another number of Pods than the traffic asks for. */
export interface Scaling {
  readonly deployment: Deployment;
  readonly replicas: number;
}

/** What is to be scaled for this traffic; none where Pods are not what it is made of. */
export function scaled(
  deployments: ReadonlyMap<string, Deployment>,
  stable: string,
  candidate: string,
  { replicas }: Traffic,
): Scaling[] {
  if (!replicas) return [];
  const wanted = [[stable, replicas.stable] as const, [candidate, replicas.candidate] as const];
  return wanted.flatMap(([release, pods]) => {
    const deployment = deployments.get(release);
    return deployment && (deployment.spec?.replicas ?? 1) !== pods ? [{ deployment, replicas: pods }] : [];
  });
}
