/** The part that all condition types of Kubernetes share. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** The condition of this type. */
export function condition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((candidate) => candidate.type === type);
}

/** Puts a condition in its place; `lastTransitionTime` moves only when `status` changes. Others keep their order. */
export function withCondition<C extends Condition>(conditions: readonly C[] | undefined, next: C, now: string): C[] {
  const previous = condition(conditions, next.type);
  const moved = previous === undefined || previous.status !== next.status;
  const merged: C = { ...next, lastTransitionTime: moved ? now : (previous.lastTransitionTime ?? now) };
  return previous === undefined
    ? [...(conditions ?? []), merged]
    : (conditions ?? []).map((candidate) => (candidate === previous ? merged : candidate));
}

/** The conditions without those of this type. */
export function withoutCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((candidate) => candidate.type !== type);
}
