import type { RolloutPlan } from '../core/plan.ts';
import type { Loss } from './findings.ts';
import { type HeaderCondition, headersOf, wayOf } from './strategy.ts';

/** A rule that the plug-in adds in front of the others, by the headers that lead to the candidate. */
export interface HeaderRoute {
  readonly name: string;
  readonly headers: readonly HeaderCondition[];
}

/**
 * A route for each alternative. The plug-in takes a rule of its own with the same header names for an older writing of the same rule and
 * replaces it (pkg/plugin/httproute.go, isHTTPManagedRule), so that only the first of such alternatives can be said.
 */
export function headerRoutesOf(plan: RolloutPlan): {
  readonly routes: readonly HeaderRoute[];
  readonly losses: readonly Loss[];
} {
  const way = wayOf(plan);
  if (way.kind !== 'match') return { routes: [], losses: [] };
  const routes: HeaderRoute[] = [];
  const losses: Loss[] = [];
  for (const [index, match] of way.any.entries()) {
    const field = `strategy.match.any[${index}]`;
    const headers = headersOf(match);
    const names = new Set(headers?.map(({ name }) => name.toLowerCase()));
    const meets = routes.some((route) => overlaps(names, new Set(route.headers.map(({ name }) => name.toLowerCase()))));
    if (!headers) losses.push({ field, reason: 'one pattern cannot ask for two cookies: it is left out' });
    else if (meets) {
      losses.push({
        field,
        reason: 'its plug-in replaces a rule by another one with the same headers: it is left out',
      });
    } else routes.push({ name: `${plan.service}-match-${index}`, headers });
  }
  return { routes, losses };
}

/** Whether one has all names of the other. */
function overlaps(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  const within = (inner: ReadonlySet<string>, outer: ReadonlySet<string>) =>
    [...inner].every((name) => outer.has(name));
  return within(left, right) || within(right, left);
}
