/**
 * Header of calls that a rollout makes to one of its releases through the edge (docs/architecture.md, Rollouts). The controller writes the
 * rules that go by it, rollout/calls/ sends it; nobody else knows its value, because the uid is in it.
 */
export const rolloutHeader = 'x-parley-rollout';

/** Value of {@link rolloutHeader}: `<uid of the Rollout>.<release>`. */
export function rolloutHeaderValue(uid: string, release: string): string {
  return `${uid}.${release}`;
}
