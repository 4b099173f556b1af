import type { OpenCaller } from './caller.ts';
import type { Clock } from './clock.ts';
import { failureOf, type Outcome } from './outcome.ts';

/** One request, when it was sent and when it ended; milliseconds of the clock. */
export interface TimedCall {
  readonly number: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: Outcome['kind'];
  /** As the answer says; absent when nobody answered. */
  readonly release?: string;
}

/** Opens callers that note every request in `calls`, in the order in which they ended. */
export function recordCalls(
  open: OpenCaller,
  clock: Clock,
): { readonly open: OpenCaller; readonly calls: TimedCall[] } {
  const calls: TimedCall[] = [];
  const recording: OpenCaller = async (load, target, tally) => {
    const caller = await open(load, target, tally);
    return {
      call: async (number, signal) => {
        const startedAtMs = clock.now();
        const outcome = await caller.call(number, signal).catch(failureOf);
        calls.push({
          number,
          startedAtMs,
          endedAtMs: clock.now(),
          outcome: outcome.kind,
          ...(outcome.release ? { release: outcome.release } : {}),
        });
        return outcome;
      },
      close: () => caller.close(),
    };
  };
  return { open: recording, calls };
}

/** What callers saw of a release that was taken back. */
export interface TakenBack {
  /** From the end of its first bad answer to the end of its last answer of any kind: from then on the others have everything. */
  readonly ms: number;
  /** Its answers, and the bad ones among them. */
  readonly answers: number;
  readonly bad: number;
}

/** Undefined: the release gave no bad answer. Answers that say no release (a sidecar's own) count when they are bad and lie in between. */
export function takenBack(calls: readonly TimedCall[], release: string): TakenBack | undefined {
  const own = calls.filter((call) => call.release === release);
  const first = own.find(({ outcome }) => outcome !== 'ok');
  const last = own.at(-1);
  if (!first || !last) return undefined;
  const strangers = calls.filter(
    ({ release: by, outcome, endedAtMs }) =>
      by === undefined && outcome !== 'ok' && endedAtMs >= first.endedAtMs && endedAtMs <= last.endedAtMs,
  );
  const bad = own.filter(({ outcome }) => outcome !== 'ok').length + strangers.length;
  return { ms: last.endedAtMs - first.endedAtMs, answers: own.length + strangers.length, bad };
}
