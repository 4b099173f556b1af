import { selects } from '../../objects/selector.ts';
import type { Stored } from '../../store/types.ts';
import type { MeshPod } from '../mesh-pod.ts';
import type { IstioAuthorizationPolicy } from '../objects.ts';
import type { Layer, Rule, StringMatch } from './allow-list.ts';

/** Policies in this namespace hold for the whole mesh. */
export const istioRootNamespace = 'istio-system';

type Policy = Stored<IstioAuthorizationPolicy>;

function applies(policy: Policy, pod: MeshPod): boolean {
  const { namespace } = policy.metadata;
  if (namespace !== pod.namespace && namespace !== istioRootNamespace) return false;
  const targets = [...(policy.spec?.targetRefs ?? []), ...(policy.spec?.targetRef ? [policy.spec.targetRef] : [])];
  if (targets.length > 0) return targets.some((target) => target.kind === 'Gateway' && target.name === pod.gateway);
  return policy.spec?.selector === undefined || selects(policy.spec.selector, pod.labels);
}

/** Istio's string forms: `x` exact, `x*` prefix, `*x` suffix, `*` anything. `before` is put in front of what is anchored there. */
function stringMatch(text: string, before = ''): StringMatch {
  if (text === '*') return { prefix: before };
  if (text.startsWith('*')) return { suffix: text.slice(1) };
  return text.endsWith('*') ? { prefix: before + text.slice(0, -1) } : { exact: before + text };
}

function list(texts: readonly string[] | undefined, of: (text: string) => StringMatch): StringMatch[] | undefined {
  return texts && texts.length > 0 ? texts.map((text) => of(text)) : undefined;
}

/** Rules of one policy that concern `port`: one for each pair of a source and an operation. */
function rulesFor(policy: Policy, port: number, trustDomain: string): Rule[] {
  const principal = (text: string) => stringMatch(text, 'spiffe://');
  const inNamespace = (text: string): StringMatch => ({ prefix: `spiffe://${trustDomain}/ns/${text}/sa/` });
  return (policy.spec?.rules ?? []).flatMap((rule) =>
    (rule.from ?? [{}]).flatMap(({ source = {} }) =>
      (rule.to ?? [{}])
        .filter(({ operation = {} }) => {
          if (operation.ports?.length && !operation.ports.includes(String(port))) return false;
          return !operation.notPorts?.includes(String(port));
        })
        .map(({ operation = {} }): Rule => {
          const identities = list(source.principals, principal) ?? list(source.namespaces, inNamespace);
          const notIdentities = [
            ...(list(source.notPrincipals, principal) ?? []),
            ...(list(source.notNamespaces, inNamespace) ?? []),
          ];
          return {
            identities,
            notIdentities: notIdentities.length > 0 ? notIdentities : undefined,
            methods: list(operation.methods, stringMatch),
            notMethods: list(operation.notMethods, stringMatch),
            paths: list(operation.paths, stringMatch),
            notPaths: list(operation.notPaths, stringMatch),
          };
        }),
    ),
  );
}

/**
 * What Istio AuthorizationPolicies say about one port of a Pod: a Pod that any ALLOW policy selects refuses what none of
 * them allows (https://istio.io/latest/docs/concepts/security/#implicit-enablement); denials come first.
 */
export function istioPolicy(
  policies: readonly Policy[],
  pod: MeshPod,
  port: number,
  trustDomain: string,
): { readonly layers: readonly Layer[]; readonly denials: readonly Rule[] } {
  const selected = policies.filter((policy) => applies(policy, pod));
  const [deny, allow] = [true, false].map((denies) =>
    selected.filter((policy) => (policy.spec?.action === 'DENY') === denies),
  );
  return {
    denials: (deny ?? []).flatMap((policy) => rulesFor(policy, port, trustDomain)),
    layers: allow?.length
      ? [{ source: 'istio', rules: allow.flatMap((policy) => rulesFor(policy, port, trustDomain)) }]
      : [],
  };
}
