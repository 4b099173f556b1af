import type { Clock } from '../../kube/clock.ts';
import { type CallError, callErrorOf, troubleOf } from './call-error.ts';
import type { PlannedCall } from './planned-call.ts';
import { type CallParts, callRelease } from './release-call.ts';
import type { Driving } from './release-calls.ts';
import { openTally, type Side } from './tally.ts';

export interface DrivingOptions {
  readonly stable: string;
  readonly candidate: string;
  readonly calls: readonly PlannedCall[];
  /** Calls a second, half of them to each release. */
  readonly rate: number;
  readonly clock: Clock;
  readonly parts: Promise<CallParts>;
}

/** A Driving whose end can be awaited: nothing is in flight, connections are closed. */
export interface EndingDriving extends Driving {
  readonly ended: Promise<void>;
}

/** A call that is due while so many are unanswered is left out: a release that hangs must not pile up calls. */
const mostInFlight = 16;

/**
 * Makes the calls in turn at the rate until it is closed, each to the stable release and then to the candidate, so that both are asked the same
 * at the same time.
 */
export function drive({ calls, rate, clock, parts, ...releases }: DrivingOptions): EndingDriving {
  const stop = new AbortController();
  const tally = openTally();
  parts.catch(() => {}); // Each call says why.
  const inFlight = new Set<Promise<void>>();
  const one = async (turn: number): Promise<void> => {
    const side: Side = turn % 2 === 0 ? 'stable' : 'candidate';
    const call = calls[Math.floor(turn / 2) % calls.length];
    if (!call) throw new RangeError('there is no call to make');
    const result = await callRelease(await parts, call, releases[side], stop.signal);
    tally.note(side, result, clock.now());
  };
  const cancel = everyTurn(clock, rate, (turn) => {
    if (inFlight.size >= mostInFlight) return;
    const made = one(turn)
      .catch((error: unknown) => {
        if (!stop.signal.aborted) tally.fail(callErrorOf(error));
      })
      .finally(() => inFlight.delete(made));
    inFlight.add(made);
  });
  const closed = Promise.withResolvers<void>();
  return {
    read: tally.read,
    close() {
      cancel();
      stop.abort(new Error('the calls have ended'));
      closed.resolve();
    },
    ended: closed.promise.then(() => Promise.all(inFlight)).then(() => closeCaller(parts)),
  };
}

/** Stands for calls that cannot be made: says so whenever it is read. */
export function noDriving(error: CallError): Driving {
  const none = { events: 0, occasions: 0 };
  return { read: () => ({ stable: none, candidate: none, examples: [], trouble: troubleOf(error) }), close() {} };
}

/**
 * Runs `run` with 0, 1, 2, ... at the rate. A process that was held up for more than a second leaves out what it missed, instead of making up for
 * it in one burst.
 */
function everyTurn(clock: Clock, rate: number, run: (turn: number) => void): () => void {
  const beganAtMs = clock.now();
  let turn = 0;
  const due = () => {
    const missed = Math.floor(((clock.now() - beganAtMs) * rate) / 1_000) - turn;
    if (missed > rate) turn += missed;
    run(turn);
    turn += 1;
    cancel = clock.after(beganAtMs + (turn * 1_000) / rate - clock.now(), due);
  };
  let cancel = clock.after(0, due);
  return () => cancel();
}

async function closeCaller(parts: Promise<CallParts>): Promise<void> {
  const opened = await parts.catch(() => undefined); // What was never opened needs no end; each call has said why.
  await opened?.caller.close();
}
