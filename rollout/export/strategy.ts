import type { RolloutPlan } from '../core/plan.ts';
import type { RequestMatch, Stage } from '../core/traffic.ts';

/** What kind of way the stages of a plan go, with what an engine has to know of it. */
export type Way =
  | { readonly kind: 'weights'; readonly stages: readonly Stage[] }
  | { readonly kind: 'match'; readonly any: readonly RequestMatch[]; readonly first: Stage }
  | { readonly kind: 'mirror'; readonly percent: number; readonly first: Stage }
  | { readonly kind: 'consumers' };

/** All stages of a plan are of one kind; the last one, which gives the candidate everything, tells nothing of it. */
export function wayOf({ stages }: RolloutPlan): Way {
  const [first] = stages;
  if (!first) throw new RangeError('a plan without stages');
  const { replicas, match, mirrorPercent } = first.traffic;
  if (replicas) return { kind: 'consumers' };
  if (match) return { kind: 'match', any: match, first };
  if (mirrorPercent !== undefined) return { kind: 'mirror', percent: mirrorPercent, first };
  return { kind: 'weights', stages };
}

/** A condition on one header, which a cookie is as well. */
export interface HeaderCondition {
  readonly name: string;
  readonly value: { readonly exact: string } | { readonly regex: string };
}

/**
 * The headers of one alternative; all must match. A cookie is one among those of the header `cookie` (RFC 6265, 4.2.1). Undefined for two
 * cookies: a route takes a header's name once, and RE2 has no `and`.
 */
export function headersOf({ headers = [], cookies = [] }: RequestMatch): readonly HeaderCondition[] | undefined {
  if (cookies.length > 1) return undefined;
  return [
    ...headers.map(({ name, value }) => ({ name, value: { exact: value } })),
    ...cookies.map(({ name, value }) => ({
      name: 'cookie',
      value: { regex: `(.*;\\s*)?${literal(name)}=${literal(value)}(;.*)?` },
    })),
  ];
}

/** Text as RE2 takes it for itself. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
