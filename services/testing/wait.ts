import { setTimeout as pause } from 'node:timers/promises';

/** Polls until `look` returns something; fails with the last observation after `withinMs`. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  withinMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let last: unknown = 'nothing';
  while (performance.now() < deadline) {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
    } catch (cause) {
      last = cause;
    }
    await pause(20);
  }
  throw new Error(`${what}: not within ${withinMs} ms, last seen: ${String(last)}`);
}
