import type { Probe } from 'kubernetes-types/core/v1.js';
import type { Clock } from '../clock.ts';
import type { ProbeOutcome } from './probe-actions.ts';
import { pause } from './waiting.ts';

/** Consecutive results of one probe. */
export interface ProbeTally {
  readonly successes: number;
  readonly failures: number;
  /** What the thresholds say; undefined until one is reached. */
  readonly verdict: boolean | undefined;
}

export const freshTally: ProbeTally = { successes: 0, failures: 0, verdict: undefined };

/** Counts one result against the thresholds. Pure. */
export function tally(
  before: ProbeTally,
  ok: boolean,
  thresholds: Pick<Probe, 'successThreshold' | 'failureThreshold'>,
): ProbeTally {
  const successes = ok ? before.successes + 1 : 0;
  const failures = ok ? 0 : before.failures + 1;
  const { successThreshold = 1, failureThreshold = 3 } = thresholds;
  if (successes >= successThreshold) return { successes, failures, verdict: true };
  if (failures >= failureThreshold) return { successes, failures, verdict: false };
  return { successes, failures, verdict: before.verdict };
}

const firstEagerMs = 20;

/**
 * Probes until `signal` aborts, and reports every result with the verdict of the thresholds. Failures count once per
 * period, the first one a period after the start; until the first success there are extra attempts in between (20 ms,
 * growing), whose failures do not count: a program that is up is seen at once.
 */
export async function runProber(options: {
  readonly probe: Probe;
  readonly clock: Clock;
  readonly attempt: (signal: AbortSignal) => Promise<ProbeOutcome>;
  readonly onResult: (outcome: ProbeOutcome, verdict: boolean | undefined) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { probe, clock, attempt, onResult, signal } = options;
  const periodMs = (probe.periodSeconds ?? 10) * 1000;
  let state = freshTally;
  let eagerMs = firstEagerMs;
  await pause(clock, (probe.initialDelaySeconds ?? 0) * 1000, signal);
  let countsFromMs = clock.now() + periodMs;
  while (!signal.aborted) {
    const outcome = await bounded(attempt, clock, (probe.timeoutSeconds ?? 1) * 1000, signal);
    if (signal.aborted) return;
    const counts = outcome.ok || clock.now() >= countsFromMs;
    if (counts) {
      countsFromMs = clock.now() + periodMs;
      state = tally(state, outcome.ok, probe);
      onResult(outcome, state.verdict);
    }
    const eager = state.verdict !== true && (probe.successThreshold ?? 1) === 1;
    await pause(clock, eager ? Math.min(eagerMs, periodMs) : periodMs, signal);
    eagerMs = Math.min(periodMs, eagerMs * 1.3);
  }
}

async function bounded(
  attempt: (signal: AbortSignal) => Promise<ProbeOutcome>,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const timeout = new AbortController();
  const cancel = clock.after(timeoutMs, () => timeout.abort());
  try {
    return await attempt(AbortSignal.any([timeout.signal, signal]));
  } finally {
    cancel();
  }
}
