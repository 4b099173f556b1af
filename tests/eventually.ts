import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';

const pollMs = 50;

/**
 * Observes until `holds` says yes and returns that observation. When `deadlineMs` is over it throws with `what` and the last
 * observation; an observation that throws counts as one that does not hold, and its error is then the last observation.
 */
export async function eventually<T>(
  what: string,
  deadlineMs: number,
  observe: () => Promise<T> | T,
  holds: (observed: T) => boolean = Boolean,
): Promise<T> {
  const startedAt = performance.now();
  let last: unknown;
  do {
    try {
      const observed = await observe();
      if (holds(observed)) return observed;
      last = observed;
    } catch (error) {
      last = error;
    }
    await pause(pollMs);
  } while (performance.now() - startedAt < deadlineMs);
  const seen = typeof last === 'string' ? last : inspect(last, { depth: 6, breakLength: 120 });
  throw new Error(`${what}: not within ${deadlineMs} ms; last seen:\n${seen}`);
}
