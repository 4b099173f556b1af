import { parseDurationMs } from './duration.ts';
import type { AnyRoute, BackendRef, HttpRouteRule, RouteFilter } from './objects.ts';
import { compareMatches, grpcMatches, httpMatches, type RequestMatch } from './route-match.ts';

/** Tries after the first, and when. */
export interface RetryRule {
  readonly attempts: number;
  /** Envoy's conditions, such as `connect-failure` or `retriable-status-codes`. */
  readonly on: readonly string[];
  readonly codes: readonly number[];
  readonly backoffMs?: number;
  readonly perTryTimeoutMs?: number;
}

/** One match of one rule, with all that happens to the requests it takes. */
export interface RoutedMatch {
  readonly match: RequestMatch;
  readonly hosts: readonly string[];
  readonly backends: readonly BackendRef[];
  readonly namespace: string;
  /** Undefined: no limit. */
  readonly timeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly retry?: RetryRule;
  readonly filters: readonly RouteFilter[];
}

/** Where copies of the requests go. */
export const mirrorsOf = ({ filters }: RoutedMatch) => filters.flatMap(({ requestMirror }) => requestMirror ?? []);

type Annotations = Readonly<Record<string, string>>;

/** Gateway API: connections that fail are tried again beside the listed codes. */
const connectionFailures = ['connect-failure', 'refused-stream', 'reset'] as const;

function gatewayRetry(rule: HttpRouteRule): RetryRule | undefined {
  const { retry, timeouts } = rule;
  const attempts = retry ? (retry.attempts ?? 2) : 0;
  if (!retry || attempts === 0) return undefined;
  const codes = retry.codes ?? [];
  return {
    attempts,
    on: codes.length > 0 ? [...connectionFailures, 'retriable-status-codes'] : connectionFailures,
    codes,
    ...(retry.backoff ? { backoffMs: parseDurationMs(retry.backoff) } : {}),
    ...(timeouts?.backendRequest ? { perTryTimeoutMs: parseDurationMs(timeouts.backendRequest) } : {}),
  };
}

/** `5xx`, `gateway-error`, `502` and `502-504`, joined by commas (https://linkerd.io/2/reference/retries/). */
export function retriedCodes(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [from, to] = { '5xx': [500, 599], 'gateway-error': [502, 504] }[part.trim()] ?? part.split('-').map(Number);
    const last = to ?? from ?? 0;
    return Array.from({ length: last - (from ?? 0) + 1 }, (_, index) => (from ?? 0) + index);
  });
}

function linkerdRetry(annotations: Annotations): RetryRule | undefined {
  const http = annotations['retry.linkerd.io/http'];
  const grpc = annotations['retry.linkerd.io/grpc'];
  if (!http && !grpc) return undefined;
  const timeout = annotations['retry.linkerd.io/timeout'];
  return {
    attempts: Number(annotations['retry.linkerd.io/limit'] ?? 1),
    on: [...(http ? ['retriable-status-codes'] : []), ...(grpc ? grpc.split(',').map((name) => name.trim()) : [])],
    codes: http ? retriedCodes(http) : [],
    ...(timeout ? { perTryTimeoutMs: parseDurationMs(timeout) } : {}),
  };
}

const linkerdPrefix = /^(retry|timeout)\.linkerd\.io\//;

/** Annotations of a route replace all those of the Service that it hangs on. */
function effective(route: Annotations, parent: Annotations): Annotations {
  return Object.keys(route).some((key) => linkerdPrefix.test(key)) ? route : parent;
}

const durationOf = (text: string | undefined) =>
  text && parseDurationMs(text) > 0 ? parseDurationMs(text) : undefined;

/**
 * What a rule without a route does, and what every rule starts from: no retries and no time-out but those that the
 * parent Service asks for by annotation.
 */
export function defaultRule(backend: BackendRef, namespace: string, parent: Annotations): RoutedMatch {
  return {
    match: { path: { type: 'PathPrefix', value: '/' }, headers: [], query: [] },
    hosts: [],
    backends: [backend],
    namespace,
    timeoutMs: durationOf(parent['timeout.linkerd.io/request']),
    idleTimeoutMs: durationOf(parent['timeout.linkerd.io/idle']),
    retry: linkerdRetry(parent),
    filters: [],
  };
}

function rulesOf(route: AnyRoute, parent: Annotations, hosts: readonly string[]): RoutedMatch[] {
  const annotations = effective(route.metadata.annotations ?? {}, parent);
  return (route.spec.rules ?? []).flatMap((rule) => {
    const retry = linkerdRetry(annotations) ?? gatewayRetry(rule);
    const perTry = retry ? undefined : durationOf(rule.timeouts?.backendRequest);
    const timeoutMs =
      durationOf(annotations['timeout.linkerd.io/request']) ?? durationOf(rule.timeouts?.request) ?? perTry;
    const matches = route.kind === 'GRPCRoute' ? grpcMatches(rule) : httpMatches(rule);
    return matches.map((match) => ({
      match,
      hosts,
      backends: rule.backendRefs ?? [],
      namespace: route.metadata.namespace ?? 'default',
      timeoutMs: perTry !== undefined && timeoutMs !== undefined ? Math.min(perTry, timeoutMs) : timeoutMs,
      idleTimeoutMs: durationOf(annotations['timeout.linkerd.io/idle']),
      retry,
      filters: rule.filters ?? [],
    }));
  });
}

const hostRank = (hosts: readonly string[]) =>
  hosts.length === 0 ? 0 : Math.max(...hosts.map((host) => (host.startsWith('*') ? host.length : 1000 + host.length)));

/**
 * All matches of some routes in the order in which they are tried: the more specific first, then the older route, then by
 * name, then as written (https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule).
 * @param hosts host names of a route, for the edge; mesh routes have none.
 */
export function orderedMatches(
  routes: readonly AnyRoute[],
  parent: Annotations,
  hosts: (route: AnyRoute) => readonly string[] = () => [],
): RoutedMatch[] {
  const age = (route: AnyRoute) =>
    `${route.metadata.creationTimestamp} ${route.metadata.namespace}/${route.metadata.name}`;
  return [...routes]
    .sort((a, b) => (age(a) < age(b) ? -1 : 1))
    .flatMap((route) => rulesOf(route, parent, hosts(route)))
    .sort((a, b) => hostRank(b.hosts) - hostRank(a.hosts) || compareMatches(a.match, b.match));
}
