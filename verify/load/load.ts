import type { Caller, EdgeTarget, KindLoad, OpenCaller } from './caller.ts';
import type { Clock } from './clock.ts';
import { failed, failureOf, type Outcome } from './outcome.ts';
import { type KindReport, type LoadReport, loadReport, Tally } from './report.ts';
import { dueAt, dueCount } from './schedule.ts';

export interface LoadOptions {
  readonly target: EdgeTarget;
  readonly kinds: readonly KindLoad[];
  /** How long requests are started; absent: until `until` aborts. */
  readonly durationMs?: number;
  readonly until?: AbortSignal;
  readonly clock: Clock;
  /** How long after the last start an answer is waited for; later ones have failed as `unanswered`. Default 30 s. */
  readonly drainMs?: number;
  /** Told about once a second, for a progress line. */
  readonly onProgress?: (sent: number, failed: number) => void;
}

const progressMs = 1000;

/**
 * Sends at fixed rates and counts each request: every number ends in exactly one outcome, nothing is tried again, and
 * latency runs from the moment a request was due, so that a slow answer cannot hide the ones that it held up
 * (coordinated omission, https://www.scylladb.com/2021/04/22/on-coordinated-omission/).
 */
export async function runLoad(options: LoadOptions, open?: OpenCaller): Promise<LoadReport> {
  if (options.durationMs === undefined && !options.until) throw new TypeError('runLoad: give durationMs or until');
  const openCaller = open ?? (await import('./callers.ts')).openCaller;
  const tallies = options.kinds.map((load) => new Tally(load.kind, load.rps));
  const callers: Caller[] = [];
  try {
    for (const [index, load] of options.kinds.entries()) {
      const tally = tallies[index];
      if (tally) callers.push(await openCaller(load, options.target, tally));
    }
    const startedAt = options.clock.now();
    const stopProgress = reportProgress(options, tallies);
    await Promise.all(
      options.kinds.map((load, index) => {
        const [caller, tally] = [callers[index], tallies[index]];
        return caller && tally ? drive(load, caller, tally, options, startedAt) : undefined;
      }),
    ).finally(stopProgress);
    const reports: KindReport[] = tallies.map((tally) => tally.report());
    return loadReport(options.clock.now() - startedAt, reports);
  } finally {
    await Promise.all(callers.map((caller) => caller.close()));
  }
}

async function drive(load: KindLoad, caller: Caller, tally: Tally, options: LoadOptions, startedAt: number) {
  const { clock, until } = options;
  const durationMs = options.durationMs ?? Number.POSITIVE_INFINITY;
  const late = new AbortController();
  const never = unanswered(late.signal);
  const open = new Set<Promise<void>>();
  for (let sent = 0; ; ) {
    const elapsed = clock.now() - startedAt;
    const due = dueCount(Math.min(elapsed, durationMs), load.rps);
    for (; sent < due && dueAt(sent, load.rps) < durationMs && !until?.aborted; sent++) {
      const running = one(caller, tally, clock, startedAt + dueAt(sent, load.rps), startedAt, late.signal, never);
      open.add(running);
      void running.then(() => open.delete(running));
    }
    if (until?.aborted || dueAt(sent, load.rps) >= durationMs) break;
    await clock.sleep(Math.max(0, dueAt(sent, load.rps) - (clock.now() - startedAt)), until);
  }
  const drained = new AbortController();
  const everyone = Promise.all(open).then(() => drained.abort());
  await clock.sleep(options.drainMs ?? 30_000, drained.signal);
  late.abort();
  await everyone;
}

async function one(
  caller: Caller,
  tally: Tally,
  clock: Clock,
  dueMs: number,
  startedAt: number,
  late: AbortSignal,
  never: Promise<Outcome>,
): Promise<void> {
  const number = tally.start();
  const outcome = await Promise.race([caller.call(number, late).catch(failureOf), never]);
  const endedAt = clock.now();
  tally.end(number, outcome, endedAt - dueMs, endedAt - startedAt);
}

function unanswered(late: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    late.addEventListener('abort', () => resolve(failed('unanswered', 'no answer before the end of the run')), {
      once: true,
    });
  });
}

function reportProgress(options: LoadOptions, tallies: readonly Tally[]): () => void {
  const { onProgress } = options;
  if (!onProgress) return () => {};
  const timer = setInterval(() => {
    const counts = tallies.map((tally) => tally.counts());
    onProgress(
      counts.reduce((sum, each) => sum + each.sent, 0),
      counts.reduce((sum, each) => sum + each.bad, 0),
    );
  }, progressMs);
  return () => clearInterval(timer);
}
