import type { MeshName } from '../../mesh/intent.ts';
import type { Exchange } from '../exchange.ts';

export interface Admission {
  readonly provider: string;
  /** The caller whose edge is changed. */
  readonly inPlaceOf: string;
  /** Who may use that edge from now on. */
  readonly caller: string;
}

/** Object and field in which each mesh keeps the one caller of an edge. */
const places: Readonly<Record<MeshName, { kind: string; path: string; value(caller: string): string }>> = {
  istio: {
    kind: 'authorizationpolicies.security.istio.io',
    path: '/spec/rules/0/from/0/source/principals/0',
    value: (caller) => `cluster.local/ns/exchange/sa/${caller}`,
  },
  linkerd: {
    kind: 'meshtlsauthentications.policy.linkerd.io',
    path: '/spec/identityRefs/0/name',
    value: (caller) => caller,
  },
};

/** Changes who may use one edge, in the objects of the mesh. */
export async function admit(exchange: Exchange, { provider, inPlaceOf, caller }: Admission): Promise<void> {
  const { kind, path, value } = places[exchange.place.mesh];
  const patch = JSON.stringify([{ op: 'replace', path, value: value(caller) }]);
  await exchange.kubectl('patch', kind, `${provider}-from-${inPlaceOf}`, '--type=json', '-p', patch);
}
