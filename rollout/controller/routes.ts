import { isDeepStrictEqual } from 'node:util';
import { releaseName } from '../../mesh/release.ts';
import { programmed } from '../../mesh/route-in-force.ts';
import type { Traffic } from '../core/traffic.ts';
import { mostCookies } from './cookie-match.ts';
import { type BackendRef, type Route, type RouteRule, titleOf } from './objects.ts';
import { releaseNamed, servicesOf } from './releases.ts';
import {
  addedAnnotation,
  assemble,
  callRules,
  matchRules,
  mirrorFilter,
  partsOf,
  type RouteParts,
  type WantedCalls,
  type WantedTraffic,
} from './route-rules.ts';

/** Services whose weights a route has: those of the releases in its last rule. */
export function servicesRouted(route: Route): string[] {
  return [...new Set((partsOf(route).own.at(-1)?.backendRefs ?? []).flatMap(({ name }) => servicesOf(name)))];
}

/** Whether the route has this release in its weighted rule. */
export function routesTo(route: Route, service: string, release: string): boolean {
  return referenceTo(partsOf(route).own.at(-1), releaseName(service, release)) !== undefined;
}

const referenceTo = (rule: RouteRule | undefined, name: string): BackendRef | undefined =>
  rule?.backendRefs?.find((backend) => backend.name === name);

/** Whether it hangs on a Gateway, which is the kind of a parent that names none. */
const isEdge = ({ spec }: Route): boolean => (spec.parentRefs ?? []).some(({ kind = 'Gateway' }) => kind === 'Gateway');

/** Share in percent of each release in the weighted rule, by the release's Service; a weight that is not written is 1. */
export function sharesIn(route: Route): Map<string, number> {
  const refs = partsOf(route).own.at(-1)?.backendRefs ?? [];
  const total = refs.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return new Map(refs.map(({ name, weight = 1 }) => [name, total > 0 ? (100 * weight) / total : 0]));
}

/** Why these routes cannot carry out this traffic, and what to do about it; undefined when they can. */
export function trafficProblem(routes: readonly Route[], { match, mirrorPercent }: Traffic): string | undefined {
  const tcp = routes.find(({ kind }) => kind === 'TCPRoute');
  if (tcp && match?.length)
    return `${titleOf(tcp)} routes connections, which have no headers or cookies to match: use spec.strategy.canary`;
  if (tcp && mirrorPercent) return `${titleOf(tcp)} cannot mirror connections: use spec.strategy.canary`;
  const long = match?.find(({ cookies = [] }) => cookies.length > mostCookies);
  if (long)
    return `spec.strategy.match asks for ${long.cookies?.length} cookies at once: a route can tell at most ${mostCookies}`;
  return undefined;
}

/** What is to become of a route. */
export interface RouteWish {
  /** Absent: weights, matches and mirror stay as they are. */
  readonly traffic?: WantedTraffic;
  /** Absent: no calls of the kit's own are led anywhere. */
  readonly calls?: WantedCalls;
}

function wishedParts(route: Route, parts: RouteParts, { traffic, calls }: RouteWish): RouteParts {
  const last = parts.own.at(-1);
  const stable = (service: string, release: string) => referenceTo(last, releaseName(service, release));
  const like = calls && stable(calls.service, calls.releases[0] ?? '');
  const led = calls && last && like && isEdge(route) ? callRules(calls, last, like) : [];
  const base = traffic && stable(traffic.service, traffic.stable);
  if (!traffic || !last || !base || trafficProblem([route], traffic.traffic)) return { ...parts, calls: led };
  const weighted: RouteRule = { ...last, backendRefs: weigh(last.backendRefs ?? [], base, traffic) };
  return {
    calls: led,
    matches: matchRules(traffic, last, base),
    mirror: mirrorFilter(traffic, base),
    own: [...parts.own.slice(0, -1), weighted],
  };
}

/** The same backends with new weights; others than releases of the service keep theirs. */
function weigh(backends: readonly BackendRef[], like: BackendRef, wanted: WantedTraffic): readonly BackendRef[] {
  const { service, stable, candidate, traffic } = wanted;
  const target = (release: string, weight: number): Record<string, number> => ({
    [releaseName(service, release)]: weight,
  });
  const weights = { ...target(stable, 100 - traffic.weight), ...target(candidate, traffic.weight) };
  const name = releaseName(service, candidate);
  const isMissing = traffic.weight > 0 && !backends.some((backend) => backend.name === name);
  const all = isMissing ? [...backends, { ...like, name }] : backends;
  const next = all.map((backend) => {
    const weight = weights[backend.name] ?? (releaseNamed(service, backend.name) === undefined ? undefined : 0);
    return weight === undefined ? backend : { ...backend, weight };
  });
  return sameShares(backends, next) ? backends : next;
}

function sameShares(a: readonly BackendRef[], b: readonly BackendRef[]): boolean {
  if (a.length !== b.length) return false;
  const total = (backends: readonly BackendRef[]) => backends.reduce((sum, { weight = 1 }) => sum + weight, 0);
  const [left, right] = [total(a), total(b)];
  return left > 0 && right > 0 && a.every(({ weight = 1 }, i) => weight * right === (b[i]?.weight ?? 1) * left);
}

/**
 * What changes of a route so that it does as wished: a merge patch (RFC 7396) that holds for the version of the route that it was made
 * from, and touches nothing but rules and the annotation that says which of them are a rollout's. Undefined: it is so already.
 */
export function routePatch(route: Route, wish: RouteWish) {
  const { rules, added } = assemble(wishedParts(route, partsOf(route), wish));
  const marked = route.metadata.annotations?.[addedAnnotation];
  if (added === marked && isDeepStrictEqual(rules, route.spec.rules)) return undefined;
  return {
    metadata: {
      resourceVersion: route.metadata.resourceVersion,
      ...(added === marked ? {} : { annotations: { [addedAnnotation]: added ?? null } }),
    },
    spec: { rules },
  };
}

const answered = new WeakMap<Route, { readonly to: WantedTraffic; readonly answer: boolean }>();

/** Whether the route does with callers' requests as wanted; calls of the kit's own do not matter. */
export function isRoutedAs(route: Route, wanted: WantedTraffic): boolean {
  const last = answered.get(route);
  // The same question is asked at each look, and neither routes nor traffic are changed in place.
  if (last?.to.traffic === wanted.traffic && last.to.stable === wanted.stable && last.to.candidate === wanted.candidate)
    return last.answer;
  const answer = compare(route, wanted);
  answered.set(route, { to: wanted, answer });
  return answer;
}

function compare(route: Route, traffic: WantedTraffic): boolean {
  if (trafficProblem([route], traffic.traffic)) return false;
  const parts = partsOf(route);
  const wished = wishedParts(route, parts, { traffic });
  return isDeepStrictEqual({ ...wished, calls: [] }, { ...parts, calls: [] });
}

/** `true` when every one is in force as it is written now; else what is not so yet. */
export function inForce(routes: readonly Route[]): true | string {
  for (const route of routes) {
    const state = programmed(route);
    if (state.state !== 'yes') return `${titleOf(route)}: ${state.why}`;
  }
  return true;
}
