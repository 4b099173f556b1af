import type { Clock } from '../../kube/clock.ts';
import type { CallTarget, ReleaseCalls } from '../calls/release-calls.ts';
import type { GateResult } from '../core/state.ts';

/** The smoke gate of one rollout. */
export interface Smoke {
  /** What is known of the gate; asks when nothing is, and again a while after it was pending. Undefined target: nobody asks any more. */
  ask(target: CallTarget | undefined): GateResult | undefined;
}

const askAgainMs = 500;
const pending = (reason: string): GateResult => ({ gate: 'smoke', result: 'pending', reason });

/** @param onAnswer called when an answer is there. */
export function createSmoke(calls: ReleaseCalls | undefined, clock: Clock, onAnswer: () => void): Smoke {
  let asked: { readonly what: string; readonly stop: AbortController; result: GateResult; againMs: number } | undefined;

  const begin = (releaseCalls: ReleaseCalls, target: CallTarget, what: string, before: GateResult) => {
    const mine = { what, stop: new AbortController(), result: before, againMs: Number.POSITIVE_INFINITY };
    asked = mine;
    releaseCalls.smoke(target, mine.stop.signal).then(
      (result) => {
        Object.assign(mine, { result, againMs: clock.now() + askAgainMs });
        if (asked === mine) onAnswer();
      },
      () => undefined, // Nobody asks any more: `stop` was aborted.
    );
  };

  return {
    ask(target) {
      const what = target && JSON.stringify(target);
      if (asked && asked.what !== what) {
        asked.stop.abort();
        asked = undefined;
      }
      if (!target || what === undefined) return undefined;
      if (!calls)
        return { gate: 'smoke', result: 'shut', reason: 'this controller was not told where the edge is: --edge URL' };
      if (!asked) begin(calls, target, what, pending('the calls are being made'));
      else if (asked.result.result === 'pending' && clock.now() >= asked.againMs)
        begin(calls, target, what, asked.result);
      return asked?.result;
    },
  };
}
