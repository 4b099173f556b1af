import type { KubeObject } from '../mesh/objects.ts';

/** Kinds in the order in which they can be applied: what others refer to comes first. */
const ranks = [
  ['Namespace'],
  ['ServiceAccount', 'ConfigMap'],
  ['Role'],
  ['RoleBinding'],
  ['NetworkPolicy', 'PodDisruptionBudget'],
  ['PeerAuthentication', 'Server', 'MeshTLSAuthentication', 'NetworkAuthentication', 'Telemetry'],
  ['AuthorizationPolicy'],
  ['Service'],
  ['DestinationRule'],
  ['StatefulSet'],
  ['Deployment'],
  ['GatewayClass'],
  ['Gateway'],
  ['GRPCRoute', 'HTTPRoute', 'TCPRoute'],
] as const;

const rankOf = new Map<string, number>(ranks.flatMap((kinds, rank) => kinds.map((kind) => [kind, rank] as const)));

/** Orders objects by dependency, then kind, then name: the same set always gives the same list. */
export function inOrder(objects: readonly KubeObject[]): KubeObject[] {
  return [...objects].sort(
    (a, b) => rank(a) - rank(b) || compare(a.kind, b.kind) || compare(a.metadata.name, b.metadata.name),
  );
}

function rank({ kind }: KubeObject): number {
  const found = rankOf.get(kind);
  if (found === undefined) throw new RangeError(`charts/order.ts does not say when \`${kind}\` is applied`);
  return found;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
