import type { Clock } from './clock.ts';

/** A clock for tests: time stands still until `advance` moves it and runs what became due, in order. */
export interface TestClock extends Clock {
  advance(ms: number): void;
}

export function createTestClock(startMs = Date.UTC(2026, 0, 1)): TestClock {
  let nowMs = startMs;
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  return {
    now: () => nowMs,
    after(delayMs, run) {
      const timer = { atMs: nowMs + Math.max(0, delayMs), run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = [...timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
      }
      nowMs = endMs;
    },
  };
}

/** Polls until `check` gives something other than undefined or false; fails with the last `observed` after the deadline. */
export async function eventually<T>(
  what: string,
  check: () => T | undefined | false,
  observed: () => unknown = () => undefined,
  deadlineMs = 8000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = check();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) {
      throw new Error(`${what}: not within ${deadlineMs} ms; last seen: ${JSON.stringify(observed(), null, 1)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
