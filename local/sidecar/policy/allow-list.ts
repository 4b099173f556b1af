/** A string that must be equal, start or end so; a presence match is `{ prefix: '' }`. */
export type StringMatch = { readonly exact: string } | { readonly prefix: string } | { readonly suffix: string };

/**
 * One way to be allowed (or denied): every part that is there must hold. `identities` are matched against SPIFFE IDs;
 * without them any caller does, which behind a sidecar still means any identity of the mesh.
 */
export interface Rule {
  readonly identities?: readonly StringMatch[];
  readonly notIdentities?: readonly StringMatch[];
  readonly methods?: readonly StringMatch[];
  readonly notMethods?: readonly StringMatch[];
  readonly paths?: readonly StringMatch[];
  readonly notPaths?: readonly StringMatch[];
}

/** What one policy API says about one port: a call passes when one of the rules holds. No rules: nobody passes. */
export interface Layer {
  /** `istio` or `linkerd`, for messages. */
  readonly source: string;
  readonly rules: readonly Rule[];
}

/** Who may call one port of one Pod. Every layer must allow, and no denial may hold. No layers: any identity of the mesh. */
export interface AllowList {
  readonly layers: readonly Layer[];
  readonly denials: readonly Rule[];
}

export function matches(match: StringMatch, value: string): boolean {
  if ('exact' in match) return value === match.exact;
  return 'prefix' in match ? value.startsWith(match.prefix) : value.endsWith(match.suffix);
}

const asksRequest = (rule: Rule) => Boolean(rule.methods ?? rule.notMethods ?? rule.paths ?? rule.notPaths);

function holds(rule: Rule, identity: string): boolean {
  const named = (list: readonly StringMatch[]) => list.some((match) => matches(match, identity));
  return (!rule.identities || named(rule.identities)) && !(rule.notIdentities && named(rule.notIdentities));
}

/**
 * Whether `identity` may open a connection to a port without requests (TCP). There an allow rule that asks for methods or
 * paths never holds, and a denial holds whatever it asks of them, as in Istio.
 */
export function mayConnect(list: AllowList, identity: string): boolean {
  if (list.denials.some((rule) => holds(rule, identity))) return false;
  return list.layers.every((layer) => layer.rules.some((rule) => !asksRequest(rule) && holds(rule, identity)));
}
