import type { RouteWithStatus } from '../mesh/route-in-force.ts';
import type { Cluster, ClusterObject } from './cluster.ts';
import { Failure } from './failure.ts';

export const namespace = 'exchange';
const gatewayGroup = 'gateway.networking.k8s.io';

/** What the CLI reads of an HTTPRoute, GRPCRoute or TCPRoute (https://gateway-api.sigs.k8s.io/reference/spec/). */
export type Route = ClusterObject<{
  readonly spec: {
    readonly parentRefs?: readonly { readonly kind?: string; readonly name: string }[];
    readonly rules?: readonly {
      readonly matches?: readonly RouteMatch[];
      readonly backendRefs?: readonly { readonly name: string; readonly weight?: number }[];
    }[];
  };
  readonly status?: RouteWithStatus['status'];
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

/** A route that the mesh will not carry out, in its own words. */
export function refusedRoute(name: string, why: string): Failure {
  return new Failure('RouteRefused', `route ${name} is refused: ${why}`, {
    hint: `Type: kubectl -n ${namespace} describe httproutes,grpcroutes ${name}`,
  });
}
