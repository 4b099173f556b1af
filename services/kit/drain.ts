import { setTimeout as after } from 'node:timers/promises';
import type { Log } from './log.ts';

export interface DrainSteps {
  notReady(): void;
  /** Stop taking new work, finish what is in flight; resolves when nothing is. */
  finish(): Promise<void>;
  /** Cut what is still in flight. */
  abort(): void;
  /** Close what the work needed, and flush spans last. */
  release(): Promise<void>;
}

/** Keep serving for `delayMs` after readiness went off, then have `timeoutMs` for what is in flight. */
export interface DrainTimes {
  readonly delayMs: number;
  readonly timeoutMs: number;
}

/** Leaves without breaking a request: not ready, keep serving, finish, release. Resolves with `false` if the deadline cut requests. */
export async function drain(steps: DrainSteps, times: DrainTimes, log: Log): Promise<boolean> {
  log.info('draining', { delayMs: times.delayMs, timeoutMs: times.timeoutMs });
  steps.notReady();
  if (times.delayMs > 0) await after(times.delayMs);
  const deadline = new AbortController();
  const clean = await Promise.race([
    steps.finish().then(() => true),
    after(times.timeoutMs, false, { signal: deadline.signal }).catch(() => false),
  ]);
  deadline.abort();
  if (!clean) {
    log.warn('the drain deadline has passed: requests in flight are cut', { timeoutMs: times.timeoutMs });
    steps.abort();
  }
  await steps.release();
  log.info('drained', { clean });
  return clean;
}
