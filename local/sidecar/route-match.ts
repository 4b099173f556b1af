import type { GrpcRouteRule, HttpRouteRule, ValueMatch } from './objects.ts';
import type { Message } from './resource.ts';

/** One way for a request to match, with what its precedence depends on. */
export interface RequestMatch {
  readonly path: { readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression'; readonly value: string };
  readonly method?: string;
  readonly headers: readonly ValueMatch[];
  readonly query: readonly ValueMatch[];
}

const anyPath = { type: 'PathPrefix', value: '/' } as const;
const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Matches of an HTTPRoute rule; a rule without any matches every request. */
export function httpMatches(rule: HttpRouteRule): RequestMatch[] {
  return (rule.matches?.length ? rule.matches : [{}]).map(({ path, method, headers = [], queryParams = [] }) => ({
    path: { type: path?.type ?? 'PathPrefix', value: path?.value ?? '/' },
    method,
    headers,
    query: queryParams,
  }));
}

/** Matches of a GRPCRoute rule: a gRPC method is the path `/<package>.<service>/<method>`. */
export function grpcMatches(rule: GrpcRouteRule): RequestMatch[] {
  return (rule.matches?.length ? rule.matches : [{}]).map(({ method, headers = [] }) => ({
    path: grpcPath(method ?? {}),
    headers,
    query: [],
  }));
}

function grpcPath({
  type = 'Exact',
  service,
  method,
}: {
  type?: string;
  service?: string;
  method?: string;
}): RequestMatch['path'] {
  if (!service && !method) return anyPath;
  if (type === 'RegularExpression') {
    return { type, value: `/${service ?? '[^/]+'}/${method ?? '[^/]+'}` };
  }
  if (!method) return { type: 'PathPrefix', value: `/${service}/` };
  if (!service) return { type: 'RegularExpression', value: `/[^/]+/${quote(method)}` };
  return { type: 'Exact', value: `/${service}/${method}` };
}

const value = (match: ValueMatch): Message =>
  match.type === 'RegularExpression' ? { safe_regex: { regex: match.value } } : { exact: match.value };

/** Host names of an edge route as one regular expression; a port in the Host header does not matter. */
function hostHeader(hosts: readonly string[]): Message[] {
  if (hosts.length === 0) return [];
  const names = hosts.map((host) => (host.startsWith('*.') ? `[^:]+${quote(host.slice(1))}` : quote(host)));
  return [{ name: ':authority', string_match: { safe_regex: { regex: `(?i:${names.join('|')})(:[0-9]+)?` } } }];
}

/** The match in Envoy's form. */
export function envoyMatch(match: RequestMatch, hosts: readonly string[]): Message {
  const { type, value: path } = match.path;
  const trimmed = path.length > 1 && path.endsWith('/') && match.path.type === 'PathPrefix' ? path.slice(0, -1) : path;
  const byPath: Message =
    type === 'Exact'
      ? { path }
      : type === 'RegularExpression'
        ? { safe_regex: { regex: path } }
        : path === '/'
          ? { prefix: '/' }
          : { path_separated_prefix: trimmed };
  const headers = [
    ...hostHeader(hosts),
    ...(match.method ? [{ name: ':method', string_match: { exact: match.method } }] : []),
    ...match.headers.map((header) => ({ name: header.name, string_match: value(header) })),
  ];
  return {
    ...byPath,
    ...(headers.length > 0 ? { headers } : {}),
    ...(match.query.length > 0
      ? { query_parameters: match.query.map((query) => ({ name: query.name, string_match: value(query) })) }
      : {}),
  };
}

const pathRank = { Exact: 2, RegularExpression: 1, PathPrefix: 0 } as const;

/**
 * Order of two matches, the one that wins first: exact path, longest path, method, number of headers, number of query
 * parameters (https://gateway-api.sigs.k8s.io/reference/spec/#httproutematch).
 */
export function compareMatches(a: RequestMatch, b: RequestMatch): number {
  return (
    pathRank[b.path.type] - pathRank[a.path.type] ||
    b.path.value.length - a.path.value.length ||
    Number(Boolean(b.method)) - Number(Boolean(a.method)) ||
    b.headers.length - a.headers.length ||
    b.query.length - a.query.length
  );
}
