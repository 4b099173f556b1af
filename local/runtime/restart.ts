import type { ProcessExit } from '../process/types.ts';

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

/** How a container ended, as its status tells it. */
export interface ContainerEnd {
  readonly exitCode: number;
  readonly signal?: string;
  readonly reason: 'Completed' | 'Error' | 'ContainerStatusUnknown' | 'StartError';
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/** The end of a process in the terms of a container: a signal is 128 + its number, an unseen end is 137. Pure. */
export function containerEnd({ code, signal }: ProcessExit): ContainerEnd {
  if (signal !== undefined) return { exitCode: 128 + (signalNumbers[signal] ?? 0), signal, reason: 'Error' };
  if (code === undefined) return { exitCode: 137, reason: 'ContainerStatusUnknown' };
  return { exitCode: code, reason: code === 0 ? 'Completed' : 'Error' };
}

/** Whether a container that ended runs again. Pure. */
export function restartsAfter(policy: RestartPolicy, exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** Back-off of restarts: none, then `baseMs`, doubling to five minutes; forgotten after ten minutes of running. */
export interface Backoff {
  /** The wait before the next start, after a run of `ranMs`. */
  next(ranMs: number): number;
}

const longestMs = 300_000;
const forgottenAfterMs = 600_000;

export function createBackoff(baseMs: number): Backoff {
  let crashes = 0;
  return {
    next(ranMs) {
      if (ranMs >= forgottenAfterMs) crashes = 0;
      crashes += 1;
      return crashes === 1 ? 0 : Math.min(longestMs, baseMs * 2 ** (crashes - 2));
    },
  };
}
