import { type Message, typed } from '../resource.ts';
import { type AllowList, mayConnect, type Rule, type StringMatch } from './allow-list.ts';

/** Names of the two filters; routes override them by these names. */
export const rbacFilters = { deny: 'parley.deny', allow: 'parley.allow' } as const;

const rbacType = 'envoy.extensions.filters.http.rbac.v3.RBAC';

function stringMatcher(match: StringMatch): Message {
  if ('prefix' in match && match.prefix === '') return { safe_regex: { regex: '.*' } };
  return { ...match };
}

const not = (field: 'not_rule' | 'not_id', inner: Message): Message => ({ [field]: inner });

function anyOf(field: 'or_rules' | 'or_ids', list: 'rules' | 'ids', inner: readonly Message[]): Message {
  const [only] = inner;
  return inner.length === 1 && only ? only : { [field]: { [list]: inner } };
}

const method = (match: StringMatch): Message => ({ header: { name: ':method', string_match: stringMatcher(match) } });
const path = (match: StringMatch): Message => ({ url_path: { path: stringMatcher(match) } });
const identity = (match: StringMatch): Message => ({ authenticated: { principal_name: stringMatcher(match) } });

function permissions(rules: readonly Rule[]): Message {
  const all = rules.flatMap((rule) => [
    ...(rule.methods ? [anyOf('or_rules', 'rules', rule.methods.map(method))] : []),
    ...(rule.notMethods ? [not('not_rule', anyOf('or_rules', 'rules', rule.notMethods.map(method)))] : []),
    ...(rule.paths ? [anyOf('or_rules', 'rules', rule.paths.map(path))] : []),
    ...(rule.notPaths ? [not('not_rule', anyOf('or_rules', 'rules', rule.notPaths.map(path)))] : []),
  ]);
  return all.length > 0 ? { and_rules: { rules: all } } : { any: true };
}

function principals(rules: readonly Rule[]): Message {
  const all = rules.flatMap((rule) => [
    ...(rule.identities ? [anyOf('or_ids', 'ids', rule.identities.map(identity))] : []),
    ...(rule.notIdentities ? [not('not_id', anyOf('or_ids', 'ids', rule.notIdentities.map(identity)))] : []),
  ]);
  return all.length > 0 ? { and_ids: { ids: all } } : { any: true };
}

/** One of each layer, in every combination: all of them must hold together. */
function combinations(list: AllowList): Rule[][] {
  return list.layers.reduce<Rule[][]>(
    (sofar, layer) => sofar.flatMap((rules) => layer.rules.map((rule) => [...rules, rule])),
    [[]],
  );
}

function policies(alternatives: readonly (readonly Rule[])[]): Message {
  return Object.fromEntries(
    alternatives.map((rules, index) => [
      `rule-${index}`,
      { permissions: [permissions(rules)], principals: [principals(rules)] },
    ]),
  );
}

const perRoute = (action: 'ALLOW' | 'DENY', alternatives: readonly (readonly Rule[])[]): Message =>
  typed('envoy.extensions.filters.http.rbac.v3.RBACPerRoute', {
    rbac: { rules: { action, policies: policies(alternatives) } },
  });

/** The allow-list in the form that a virtual host carries: it changes without touching a listener or a connection. */
export function rbacPerRoute(list: AllowList): Message {
  return {
    [rbacFilters.deny]: perRoute(
      'DENY',
      list.denials.map((rule) => [rule]),
    ),
    [rbacFilters.allow]: perRoute('ALLOW', combinations(list)),
  };
}

/** The filters in the listener. Without a virtual host that says more, nobody is allowed. */
export function rbacHttpFilters(): Message[] {
  return [
    { name: rbacFilters.deny, typed_config: typed(rbacType, { rules: { action: 'DENY', policies: {} } }) },
    { name: rbacFilters.allow, typed_config: typed(rbacType, { rules: { action: 'ALLOW', policies: {} } }) },
  ];
}

/** An identity that no authority issues: a list without entries would let everyone in. */
const nobody = 'spiffe://nobody.invalid/';

/**
 * The allow-list of a TCP port as subject alternative names: others fail in the handshake, before the program can greet
 * them. Rules are applied to the identities that exist, so that their combination stays exact.
 */
export function sanMatchers(list: AllowList, trustDomain: string, identities: readonly string[]): Message[] {
  const uri = (matcher: Message): Message => ({ san_type: 'URI', matcher });
  if (list.layers.length === 0 && list.denials.length === 0) return [uri({ prefix: `spiffe://${trustDomain}/` })];
  const allowed = identities.filter((candidate) => mayConnect(list, candidate));
  return allowed.length > 0 ? allowed.map((exact) => uri({ exact })) : [uri({ exact: nobody })];
}
