import { carriedOutByRendering } from './linkerd/gateway.ts';

export interface RouteCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

/** What says whether an HTTPRoute, GRPCRoute or TCPRoute is in force (https://gateway-api.sigs.k8s.io/reference/spec/#routestatus). */
export interface RouteWithStatus {
  readonly metadata?: { readonly generation?: number; readonly annotations?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly conditions?: readonly RouteCondition[];
    readonly parents?: readonly { readonly conditions?: readonly RouteCondition[] }[];
  };
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
export function programmed(route: RouteWithStatus): Programmed {
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
function taken(route: RouteWithStatus): Programmed {
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

function isCarriedOutByRendering({ metadata }: RouteWithStatus): boolean {
  return Object.entries(carriedOutByRendering).every(([name, value]) => metadata?.annotations?.[name] === value);
}
