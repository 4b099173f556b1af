import { selects } from '../../objects/selector.ts';
import { spiffeId } from '../../pki/spiffe.ts';
import type { Stored } from '../../store/types.ts';
import type { MeshPod } from '../mesh-pod.ts';
import type { LinkerdAuthorizationPolicy, LinkerdServer, MeshTlsAuthentication } from '../objects.ts';
import type { Layer, Rule, StringMatch } from './allow-list.ts';

export const inboundPolicyAnnotation = 'config.linkerd.io/default-inbound-policy';

/** The Linkerd objects of the cluster, and the annotation of each namespace that has it. */
export interface LinkerdObjects {
  readonly servers: readonly Stored<LinkerdServer>[];
  readonly authorizations: readonly Stored<LinkerdAuthorizationPolicy>[];
  readonly authentications: readonly Stored<MeshTlsAuthentication>[];
  readonly inboundPolicies: ReadonlyMap<string, string>;
}

interface Port {
  readonly port: number;
  readonly name?: string;
}

/** The Server of a port of a Pod. */
export function serverOf(
  objects: Pick<LinkerdObjects, 'servers'>,
  pod: MeshPod,
  port: Port,
): Stored<LinkerdServer> | undefined {
  return objects.servers.find(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      (spec.port === port.port || spec.port === port.name) &&
      selects(spec.podSelector, pod.labels),
  );
}

/** `orders.exchange.serviceaccount.identity.linkerd.cluster.local`, `*.exchange.serviceaccount...` or `*`. */
function identityMatch(name: string, trustDomain: string): StringMatch | undefined {
  if (name === '*') return undefined;
  const [, account = '', namespace = ''] = /^([^.]+)\.([^.]+)\.serviceaccount\.identity\.linkerd\./.exec(name) ?? [];
  if (account === '*') return { prefix: spiffeId(trustDomain, { namespace, serviceAccount: '' }) };
  return { exact: spiffeId(trustDomain, { namespace, serviceAccount: account }) };
}

/** The identities that one reference stands for: undefined when any identity does, none when it names nothing that is there. */
function identitiesOf(
  objects: LinkerdObjects,
  reference: LinkerdAuthorizationPolicy['spec']['requiredAuthenticationRefs'][number],
  home: string,
  trustDomain: string,
): readonly StringMatch[] | undefined {
  const namespace = reference.namespace ?? home;
  if (reference.kind === 'NetworkAuthentication') return undefined;
  if (reference.kind === 'ServiceAccount') {
    return [{ exact: spiffeId(trustDomain, { namespace, serviceAccount: reference.name }) }];
  }
  const found = objects.authentications.find(
    ({ metadata }) => metadata.name === reference.name && metadata.namespace === namespace,
  );
  if (!found) return [];
  const named = (found.spec.identities ?? []).map((name) => identityMatch(name, trustDomain));
  if (named.includes(undefined)) return undefined;
  const referenced = (found.spec.identityRefs ?? []).map((ref): StringMatch => {
    if (ref.kind === 'Namespace') {
      return { prefix: spiffeId(trustDomain, { namespace: ref.name ?? namespace, serviceAccount: '' }) };
    }
    const account = { namespace: ref.namespace ?? namespace, serviceAccount: ref.name ?? '' };
    return ref.name ? { exact: spiffeId(trustDomain, account) } : { prefix: spiffeId(trustDomain, account) };
  });
  return [...named.filter((match) => match !== undefined), ...referenced];
}

/** Authentications of one policy are joined by and; with more than one that names identities, both lists must match. */
function rulesOf(objects: LinkerdObjects, policy: Stored<LinkerdAuthorizationPolicy>, trustDomain: string): Rule[] {
  const lists = policy.spec.requiredAuthenticationRefs
    .map((reference) => identitiesOf(objects, reference, policy.metadata.namespace ?? '', trustDomain))
    .filter((list) => list !== undefined);
  const [first, ...others] = lists;
  if (!first) return [{}];
  const exact = (match: StringMatch) => JSON.stringify(match);
  const common = first.filter((match) => others.every((list) => list.map(exact).includes(exact(match))));
  return common.length > 0 ? [{ identities: common }] : [];
}

const anyIdentity: readonly Rule[] = [{ identities: [{ prefix: 'spiffe://' }] }];

function byDefault(policy: string | undefined): Layer[] {
  if (policy === undefined) return [];
  return [{ source: 'linkerd', rules: policy === 'deny' ? [] : anyIdentity }];
}

/**
 * What Linkerd says about one port of a Pod: a Server denies what no AuthorizationPolicy allows, a port without one
 * follows the default inbound policy (https://linkerd.io/2/reference/authorization-policy/).
 */
export function linkerdPolicy(objects: LinkerdObjects, pod: MeshPod, port: Port, trustDomain: string): Layer[] {
  const server = serverOf(objects, pod, port);
  const inherited = pod.annotations[inboundPolicyAnnotation] ?? objects.inboundPolicies.get(pod.namespace);
  if (!server) return byDefault(inherited);
  const rules = objects.authorizations
    .filter(({ metadata, spec: { targetRef } }) => {
      if (metadata.namespace !== pod.namespace) return false;
      return targetRef.kind === 'Namespace' || (targetRef.kind === 'Server' && targetRef.name === server.metadata.name);
    })
    .flatMap((policy) => rulesOf(objects, policy, trustDomain));
  const open = server.spec.accessPolicy && server.spec.accessPolicy !== 'deny' ? anyIdentity : [];
  return [{ source: 'linkerd', rules: [...rules, ...open] }];
}
