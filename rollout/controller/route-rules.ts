import { createHash } from 'node:crypto';
import { releaseName } from '../../mesh/release.ts';
import { rolloutHeader, rolloutHeaderValue } from '../../mesh/rollout-header.ts';
import type { RequestMatch, Traffic } from '../core/traffic.ts';
import { cookieExpression } from './cookie-match.ts';
import type { BackendRef, Route, RouteFilter, RouteMatch, RouteRule } from './objects.ts';

/** What the routes of a service are to do with its callers' requests. */
export interface WantedTraffic {
  readonly service: string;
  readonly stable: string;
  readonly candidate: string;
  readonly traffic: Traffic;
}

/** Calls of the kit's own are to be led to each of these releases. */
export interface WantedCalls {
  readonly service: string;
  readonly uid: string;
  readonly releases: readonly string[];
}

/**
 * Annotation of a route that a rollout added something to, separated by commas: fingerprints of the rules that are the rollout's own, with
 * `calls:` before those for calls of the kit's own, and `mirror:<Service>` of a filter. It changes in the same write as the rules. So
 * nothing of it goes with the requests, no field is used that a mesh may not know, and a rule that somebody else changed is theirs.
 */
export const addedAnnotation = 'parley.dev/rollout-rules';

/** The rules of a route by whose they are; `own` are those that were there without a rollout. */
export interface RouteParts {
  readonly calls: readonly RouteRule[];
  readonly matches: readonly RouteRule[];
  readonly mirror: RouteFilter | undefined;
  readonly own: readonly RouteRule[];
}

/** Routes are read far more often than they change, and are never changed in place. */
const known = new WeakMap<Route, RouteParts>();

/** Whose the rules are, by the route's annotation. */
export function partsOf(route: Route): RouteParts {
  const parts = known.get(route) ?? takenApart(route);
  known.set(route, parts);
  return parts;
}

function takenApart(route: Route): RouteParts {
  const rules = route.spec.rules ?? [];
  const marks = new Set(route.metadata.annotations?.[addedAnnotation]?.split(',').filter(Boolean));
  if (marks.size === 0) return { calls: [], matches: [], mirror: undefined, own: rules };
  // Each mark stands for one rule, and added rules come first: one of somebody else that looks the same stays.
  const kind = (rule: RouteRule) => {
    const mark = fingerprint(rule);
    return marks.delete(`calls:${mark}`) ? 'calls' : marks.delete(mark) ? 'matches' : 'own';
  };
  const { calls = [], matches = [], own = [] } = Object.groupBy(rules, kind);
  const isMirror = (filter: RouteFilter) => marks.has(mirrorMark(filter));
  return {
    calls,
    matches,
    mirror: own.at(-1)?.filters?.find(isMirror),
    own: own.map((rule) =>
      rule.filters?.some(isMirror)
        ? withFilters(
            rule,
            rule.filters.filter((one) => !isMirror(one)),
          )
        : rule,
    ),
  };
}

/** Whether something in it is a rollout's. */
export const hasAdded = ({ metadata }: Route): boolean => Boolean(metadata.annotations?.[addedAnnotation]);

/** The rules of these parts in their order, and what the annotation says of them: undefined when nothing was added. */
export function assemble({ calls, matches, mirror, own }: RouteParts) {
  const marks = [
    ...calls.map((rule) => `calls:${fingerprint(rule)}`),
    ...matches.map(fingerprint),
    ...(mirror ? [mirrorMark(mirror)] : []),
  ];
  const last = own.at(-1);
  const mirrored = last && mirror ? [...own.slice(0, -1), withFilters(last, [...(last.filters ?? []), mirror])] : own;
  return { rules: [...calls, ...matches, ...mirrored], added: marks.length > 0 ? marks.join(',') : undefined };
}

function withFilters(rule: RouteRule, filters: readonly RouteFilter[]): RouteRule {
  const { filters: _, ...rest } = rule;
  return filters.length > 0 ? { ...rest, filters } : rest;
}

/** Of what the rule does to which requests; not of what an API server fills in. */
function fingerprint({ matches = [], backendRefs = [] }: RouteRule): string {
  const headers = matches.map((match) => (match.headers ?? []).map(({ name, value }) => [name, value]));
  const text = JSON.stringify([headers, backendRefs.map(({ name }) => name)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

const mirrorMark = ({ requestMirror }: RouteFilter): string => `mirror:${requestMirror?.backendRef.name ?? ''}`;

/** Sends a share of the requests to the candidate as well; its answers go nowhere. */
export function mirrorFilter(
  { service, candidate, traffic }: WantedTraffic,
  like: BackendRef,
): RouteFilter | undefined {
  const { mirrorPercent = 0 } = traffic;
  if (mirrorPercent === 0) return undefined;
  const { weight: _, ...target } = like;
  const backendRef = { ...target, name: releaseName(service, candidate) };
  // 100 is what it is without a number, which older versions of the Gateway API do not know.
  const percent = mirrorPercent === 100 ? {} : { percent: mirrorPercent };
  return { type: 'RequestMirror', requestMirror: { backendRef, ...percent } };
}

/** Requests that are the candidate's whatever the weights are; `like` is a reference to the stable release. */
export function matchRules(
  { service, candidate, traffic }: WantedTraffic,
  last: RouteRule,
  like: BackendRef,
): RouteRule[] {
  return traffic.match?.length
    ? [narrowed(last, traffic.match.map(headersOf), like, releaseName(service, candidate))]
    : [];
}

/** By which calls of the kit's own reach each release. */
export function callRules({ service, uid, releases }: WantedCalls, last: RouteRule, like: BackendRef): RouteRule[] {
  return releases.map((release) => {
    const header = { type: 'Exact', name: rolloutHeader, value: rolloutHeaderValue(uid, release) };
    return narrowed(last, [[header]], like, releaseName(service, release));
  });
}

type Headers = NonNullable<RouteMatch['headers']>;

/** Does what the weighted rule does, to those of its requests that have all headers of one of these, and with one backend. */
function narrowed(last: RouteRule, any: readonly Headers[], like: BackendRef, name: string): RouteRule {
  const matches = last.matches?.length ? last.matches : [{}];
  return {
    ...last,
    matches: any.flatMap((headers) =>
      matches.map((match): RouteMatch => ({ ...match, headers: [...(match.headers ?? []), ...headers] })),
    ),
    backendRefs: [{ ...like, name, weight: 1 }],
  };
}

function headersOf({ headers = [], cookies = [] }: RequestMatch): Headers {
  const exact = headers.map(({ name, value }) => ({ type: 'Exact', name, value }));
  if (cookies.length === 0) return exact;
  return [...exact, { type: 'RegularExpression', name: 'cookie', value: cookieExpression(cookies) }];
}
