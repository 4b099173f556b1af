/** A replica set as the rolling update sees it. */
export interface RevisionState {
  readonly name: string;
  /** Wanted Pods (spec.replicas). */
  readonly replicas: number;
  /** Pods ready for minReadySeconds, as last reported; may lag behind `replicas`. */
  readonly available: number;
}

export interface RollingState {
  readonly desired: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  readonly next: RevisionState;
  /** Oldest first. */
  readonly old: readonly RevisionState[];
}

/** A number, or a percentage of `total` rounded up (surge) or down (unavailable). Throws on anything else. */
export function resolveShare(value: number | string, total: number, round: 'up' | 'down', field: string): number {
  const percent = typeof value === 'string' ? /^(\d+)%$/.exec(value) : null;
  if (percent !== null) return Math[round === 'up' ? 'ceil' : 'floor']((Number(percent[1]) * total) / 100);
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new Error(`${field}: ${JSON.stringify(value)} is neither a whole number >= 0 nor a percentage such as "25%"`);
}

/** maxSurge and maxUnavailable in Pods; both 0 would stand still, so then one Pod may be missing. */
export function rollingLimits(
  strategy: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string } | undefined,
  desired: number,
): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const field = 'spec.strategy.rollingUpdate';
  const maxSurge = resolveShare(strategy?.maxSurge ?? '25%', desired, 'up', `${field}.maxSurge`);
  const maxUnavailable = resolveShare(strategy?.maxUnavailable ?? '25%', desired, 'down', `${field}.maxUnavailable`);
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : Math.min(maxUnavailable, desired) };
}

/**
 * The next replica counts of a rolling update, by name; only those that change. Never lets the sum exceed desired + maxSurge,
 * and never takes an available Pod away that is needed for desired - maxUnavailable.
 */
export function rollingStep(state: RollingState): Map<string, number> {
  const grown = scaleUpNext(state);
  if (grown !== state.next.replicas) return new Map([[state.next.name, grown]]);
  const old = scaleDownOld(state);
  const changed = state.old.filter((revision) => old.get(revision.name) !== revision.replicas);
  return new Map(changed.map(({ name }) => [name, old.get(name) ?? 0]));
}

function scaleUpNext({ desired, maxSurge, next, old }: RollingState): number {
  if (next.replicas >= desired) return desired;
  const total = next.replicas + sum(old, (revision) => revision.replicas);
  return next.replicas + Math.max(0, Math.min(desired + maxSurge - total, desired - next.replicas));
}

function scaleDownOld({ desired, maxUnavailable, next, old }: RollingState): Map<string, number> {
  const counts = new Map(old.map(({ name, replicas }) => [name, replicas]));
  const total = next.replicas + sum(old, (revision) => revision.replicas);
  const minAvailable = desired - maxUnavailable;
  const missing = next.replicas - Math.min(next.available, next.replicas);
  let room = total - minAvailable - missing;
  const take = (revision: RevisionState, limit: number) => {
    const count = counts.get(revision.name) ?? 0;
    const taken = Math.max(0, Math.min(limit, room, count));
    counts.set(revision.name, count - taken);
    room -= taken;
    return taken;
  };
  // Broken Pods of old revisions go first: they serve nobody, and would block the update for ever.
  for (const revision of old) take(revision, revision.replicas - effective(revision));
  let spare = sum([next, ...old], effective) - minAvailable;
  for (const revision of old) spare -= take(revision, spare);
  return counts;
}

/** What is surely available: a count reported before a scale-down must not be believed beyond the new size. */
function effective({ replicas, available }: RevisionState): number {
  return Math.min(replicas, available);
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
