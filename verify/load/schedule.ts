/** When requests are due. Pure: the same rate gives the same moments, whatever the answers do. */

/** Milliseconds after the start at which request `number` (0, 1, 2 ...) is due at `rps` requests a second. */
export function dueAt(number: number, rps: number): number {
  return (number * 1000) / rps;
}

/** How many requests are due in the first `elapsedMs`, the moment itself included. */
export function dueCount(elapsedMs: number, rps: number): number {
  if (elapsedMs < 0 || rps <= 0) return 0;
  const guess = Math.floor((elapsedMs * rps) / 1000) + 1;
  if (dueAt(guess, rps) <= elapsedMs) return guess + 1;
  return dueAt(guess - 1, rps) <= elapsedMs ? guess : guess - 1;
}

/** How many requests a run of `durationMs` holds: all that are due before its end. */
export function plannedCount(durationMs: number, rps: number): number {
  const count = dueCount(durationMs, rps);
  return count > 0 && dueAt(count - 1, rps) >= durationMs ? count - 1 : count;
}
