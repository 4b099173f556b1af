import { carriedOutByRendering } from '../mesh/linkerd/gateway.ts';
import type { Cluster, ClusterObject } from './cluster.ts';
import { Failure } from './failure.ts';

export const namespace = 'exchange';
const gatewayGroup = 'gateway.networking.k8s.io';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

/** What the CLI reads of an HTTPRoute, GRPCRoute or TCPRoute (https://gateway-api.sigs.k8s.io/reference/spec/). */
export type Route = ClusterObject<{
  readonly spec: {
    readonly parentRefs?: readonly { readonly kind?: string; readonly name: string }[];
    readonly rules?: readonly {
      readonly matches?: readonly RouteMatch[];
      readonly backendRefs?: readonly { readonly name: string; readonly weight?: number }[];
    }[];
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly parents?: readonly { readonly conditions?: readonly Condition[] }[];
  };
}>;

interface RouteMatch {
  readonly path?: { readonly value?: string };
  readonly method?: { readonly service?: string };
}

const routeKinds = [
  { apiVersion: `${gatewayGroup}/v1`, kind: 'HTTPRoute' },
  { apiVersion: `${gatewayGroup}/v1`, kind: 'GRPCRoute' },
] as const;

/** Every route of the exchange, by name: `orders` in the mesh, `edge-orders` at the edge. */
export async function readRoutes(cluster: Cluster): Promise<Map<string, Route>> {
  const lists = await Promise.all(
    routeKinds.map(({ apiVersion, kind }) => cluster.list<Route>(apiVersion, kind, namespace)),
  );
  return new Map(lists.flat().map((route) => [route.metadata?.name ?? '', route]));
}

/** Weight of each backend Service in the rule that has no header match: the last one. */
export function weightsOf(route: Route): Record<string, number> {
  const refs = route.spec.rules?.at(-1)?.backendRefs ?? [];
  return Object.fromEntries(refs.map(({ name, weight }) => [name, weight ?? 1]));
}

export type Programmed =
  | { readonly state: 'yes' }
  | { readonly state: 'pending'; readonly why: string }
  | { readonly state: 'refused'; readonly why: string };

/**
 * Whether the route, as it is written now, is in force. Where the sidecars confirm it, the condition Programmed speaks of this
 * generation. Istio and Linkerd say only that they took it: Accepted and ResolvedRefs
 * (https://gateway-api.sigs.k8s.io/geps/gep-1364/).
 */
export function programmed(route: Route): Programmed {
  const conditions = [
    ...(route.status?.conditions ?? []),
    ...(route.status?.parents ?? []).flatMap((parent) => parent.conditions ?? []),
  ];
  const found = conditions.filter(({ type }) => type === 'Programmed');
  const current = found.filter(
    ({ observedGeneration }) => (observedGeneration ?? 0) >= (route.metadata?.generation ?? 1),
  );
  if (found.length === 0) return taken(route);
  if (current.length < found.length) return { state: 'pending', why: 'the sidecars have not confirmed it yet' };
  const bad = current.find(({ status }) => status !== 'True');
  if (!bad) return { state: 'yes' };
  const why = [bad.reason, bad.message].filter(Boolean).join(': ') || `Programmed is ${bad.status}`;
  return { state: bad.status === 'False' && bad.reason === 'Refused' ? 'refused' : 'pending', why };
}

/** What the mesh's controller says of a route that has no condition Programmed. Nobody does of one that its rendering carries out. */
function taken(route: Route): Programmed {
  if (!route.status?.parents?.length && isCarriedOutByRendering(route)) return { state: 'yes' };
  const generation = route.metadata?.generation ?? 1;
  const said = (route.status?.parents ?? []).flatMap(({ conditions = [] }) => conditions);
  for (const type of ['Accepted', 'ResolvedRefs']) {
    const current = said.filter((each) => each.type === type && (each.observedGeneration ?? generation) >= generation);
    if (current.length === 0) return { state: 'pending', why: 'nobody has taken it up yet' };
    const bad = current.find(({ status }) => status !== 'True');
    const why = [bad?.reason, bad?.message].filter(Boolean).join(': ');
    // References may point to what is still being made; a route that is not accepted stays so until it is written anew.
    if (bad) return { state: type === 'Accepted' && bad.status === 'False' ? 'refused' : 'pending', why };
  }
  return { state: 'yes' };
}

function isCarriedOutByRendering({ metadata }: Route): boolean {
  return Object.entries(carriedOutByRendering).every(([name, value]) => metadata?.annotations?.[name] === value);
}

/** A route that the mesh will not carry out, in its own words. */
export function refusedRoute(name: string, why: string): Failure {
  return new Failure('RouteRefused', `route ${name} is refused: ${why}`, {
    hint: `Type: kubectl -n ${namespace} describe httproutes,grpcroutes ${name}`,
  });
}
