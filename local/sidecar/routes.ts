import { mirroredToHeader } from '../../mesh/envoy/call-counters.ts';
import { protoDuration } from './duration.ts';
import type { BackendRef, RouteFilter } from './objects.ts';
import { type Message, serviceHeader } from './resource.ts';
import { envoyMatch } from './route-match.ts';
import { mirrorsOf, type RetryRule, type RoutedMatch } from './route-rules.ts';
import { clusterName } from './services.ts';

/** A cluster that never exists: backends that name no Service answer 500, as the Gateway API asks. */
const missingCluster = 'missing';

/** What routes need to know of the world. */
export interface RouteContext {
  /** The cluster of a backend, undefined when it names no Service port. */
  readonly hasBackend: (namespace: string, backend: BackendRef) => boolean;
  /** Share of requests that are traced, 0..100; undefined: tracing is off. */
  readonly samplingPercent?: number;
}

function retryPolicy(retry: RetryRule): Message {
  return {
    retry_on: retry.on.join(','),
    num_retries: retry.attempts,
    ...(retry.codes.length > 0 ? { retriable_status_codes: retry.codes } : {}),
    ...(retry.perTryTimeoutMs === undefined ? {} : { per_try_timeout: protoDuration(retry.perTryTimeoutMs) }),
    ...(retry.backoffMs === undefined
      ? {}
      : {
          retry_back_off: {
            base_interval: protoDuration(retry.backoffMs),
            max_interval: protoDuration(retry.backoffMs * 10),
          },
        }),
    retry_host_predicate: [
      {
        name: 'envoy.retry_host_predicates.previous_hosts',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
        },
      },
    ],
    host_selection_retry_max_attempts: 3,
  };
}

function headerChanges(filters: readonly RouteFilter[]): Message {
  const changes = filters.map((filter) => filter.requestHeaderModifier ?? {});
  const option = (action: string, list: readonly { name: string; value: string }[]) =>
    list.map(({ name, value }) => ({ header: { key: name, value }, append_action: action }));
  const added = changes.flatMap(({ set = [], add = [] }) => [
    ...option('OVERWRITE_IF_EXISTS_OR_ADD', set),
    ...option('APPEND_IF_EXISTS_OR_ADD', add),
  ]);
  const removed = changes.flatMap(({ remove = [] }) => remove);
  return {
    ...(added.length > 0 ? { request_headers_to_add: added } : {}),
    ...(removed.length > 0 ? { request_headers_to_remove: removed } : {}),
  };
}

function target(rule: RoutedMatch, context: RouteContext): Message | undefined {
  const weighted = rule.backends.map((backend) => ({
    name: context.hasBackend(rule.namespace, backend)
      ? clusterName({ name: backend.name, namespace: rule.namespace }, backend.port ?? 0)
      : missingCluster,
    weight: backend.weight ?? 1,
  }));
  if (weighted.every(({ weight }) => weight === 0)) return undefined;
  const [only] = weighted;
  return weighted.length === 1 && only ? { cluster: only.name } : { weighted_clusters: { clusters: weighted } };
}

const markOf = (rule: RoutedMatch, { name, port = 0 }: BackendRef): Message => ({
  append: {
    header: { key: mirroredToHeader, value: clusterName({ name, namespace: rule.namespace }, port) },
    append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
  },
});

/** Copies whose answers nobody waits for; the copy keeps the Host of the request. Backends that are not there get none. */
function mirrors(rule: RoutedMatch, context: RouteContext): Message {
  const policies = mirrorsOf(rule)
    .filter(({ backendRef }) => context.hasBackend(rule.namespace, backendRef))
    .map(({ backendRef, percent = 100 }) => ({
      cluster: clusterName({ name: backendRef.name, namespace: rule.namespace }, backendRef.port ?? 0),
      runtime_fraction: { default_value: { numerator: percent, denominator: 'HUNDRED' } },
      disable_shadow_host_suffix_append: true,
      request_headers_mutations: [markOf(rule, backendRef)],
    }));
  return policies.length > 0 ? { request_mirror_policies: policies } : {};
}

function route(rule: RoutedMatch, context: RouteContext): Message {
  const match = envoyMatch(rule.match, rule.hosts);
  const to = target(rule, context);
  if (!to) return { match, direct_response: { status: 500 } };
  return {
    match,
    route: {
      ...to,
      cluster_not_found_response_code: 'INTERNAL_SERVER_ERROR',
      timeout: protoDuration(rule.timeoutMs ?? 0),
      ...(rule.idleTimeoutMs === undefined ? {} : { idle_timeout: protoDuration(rule.idleTimeoutMs) }),
      ...(rule.retry ? { retry_policy: retryPolicy(rule.retry) } : {}),
      ...mirrors(rule, context),
    },
    ...headerChanges(rule.filters),
  };
}

const full = { numerator: 100, denominator: 'HUNDRED' } as const;

/**
 * Envoy draws a number below 10,000 per request, so a share in millionths would always be reached: hundredths of a percent
 * are the finest it keeps.
 */
function sampled(percent: number): Message {
  return {
    random_sampling: { numerator: Math.round(percent * 100), denominator: 'TEN_THOUSAND' },
    client_sampling: full,
    overall_sampling: full,
  };
}

/** A request whose trace is being recorded (https://www.w3.org/TR/trace-context/#sampled-flag). */
const recorded = {
  name: 'traceparent',
  string_match: { safe_regex: { regex: '.+-[0-9a-f][13579bdf]' } },
};

/**
 * A route with the share of requests that get spans, said here because a change of the listener would close connections. Envoy
 * draws at each hop again, also for a trace that is being recorded, which would break it off: so such requests have a route
 * of their own before it.
 */
export function traced(route: Message, percent: number | undefined): Message[] {
  if (percent === undefined) return [route];
  const own = { ...route, tracing: sampled(percent) };
  if (percent === 100) return [own];
  const { headers = [], ...match } = route.match as { readonly headers?: readonly Message[] };
  return [{ ...route, match: { ...match, headers: [...headers, recorded] }, tracing: sampled(100) }, own];
}

/** The routes of one listener in the shared table; `key` is what the listener writes into the service header. */
export function virtualHost(key: string, rules: readonly RoutedMatch[], context: RouteContext): Message {
  return {
    name: key,
    domains: [key],
    request_headers_to_remove: [serviceHeader],
    routes: rules.flatMap((rule) => traced(route(rule, context), context.samplingPercent)),
  };
}

/** A virtual host whose callers are checked. The check needs a route, so that what no rule matches has one too: 404. */
export function guardedHost(host: Message, perFilter: Message): Message {
  const routes = [...(host.routes as Message[]), { match: { prefix: '/' }, direct_response: { status: 404 } }];
  return { ...host, routes, typed_per_filter_config: perFilter };
}
