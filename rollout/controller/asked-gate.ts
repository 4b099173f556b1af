import type { Clock } from '../../kube/clock.ts';
import type { GateName, GateResult } from '../core/state.ts';

/** A gate of one rollout whose answer takes a while. */
export interface AskedGate<Target> {
  /** What is known of the gate; asks when nothing is, and again a while after it was pending. Undefined target: nobody asks any more. */
  ask(target: Target | undefined): GateResult | undefined;
}

export interface AskedGateOptions<Target> {
  readonly gate: GateName;
  /** What is said until the first answer. */
  readonly begins: string;
  /** Asks once. What it rejects with, other than because `signal` aborts, is what the gate waits for. */
  readonly find: (target: Target, signal: AbortSignal) => Promise<GateResult>;
  readonly clock: Clock;
  /** Called when an answer is there. */
  readonly onAnswer: () => void;
}

const askAgainMs = 500;
/** What is still pending after so long is shut: nobody is left waiting for what does not come. */
const patienceMs = 60_000;

interface Question {
  readonly what: string;
  readonly stop: AbortController;
  readonly sinceMs: number;
  result: GateResult;
  againMs: number;
}

/** Asks by `find`, one question at a time. */
export function createAskedGate<Target>(options: AskedGateOptions<Target>): AskedGate<Target> {
  const { gate, begins, find, clock, onAnswer } = options;
  let asked: Question | undefined;

  const begin = (target: Target, what: string, before: Pick<Question, 'result' | 'sinceMs'>) => {
    const mine: Question = { ...before, what, stop: new AbortController(), againMs: Number.POSITIVE_INFINITY };
    asked = mine;
    const answered = (result: GateResult) => {
      Object.assign(mine, { result: inTime(result, clock.now() - mine.sinceMs), againMs: clock.now() + askAgainMs });
      if (asked === mine) onAnswer();
    };
    // Where `stop` was aborted nobody asks any more, and nobody is told.
    find(target, mine.stop.signal).then(answered, (error) =>
      answered({ gate, result: 'pending', reason: error instanceof Error ? error.message : String(error) }),
    );
    return mine;
  };

  return {
    ask(target) {
      const what = target && JSON.stringify(target);
      if (asked && asked.what !== what) {
        asked.stop.abort();
        asked = undefined;
      }
      if (!target || what === undefined) return undefined;
      if (!asked) {
        const result: GateResult = { gate, result: 'pending', reason: begins };
        return begin(target, what, { result, sinceMs: clock.now() }).result;
      }
      if (asked.result.result === 'pending' && clock.now() >= asked.againMs) return begin(target, what, asked).result;
      return asked.result;
    },
  };
}

function inTime(result: GateResult, sinceMs: number): GateResult {
  if (result.result !== 'pending' || sinceMs < patienceMs) return result;
  return { ...result, result: 'shut', reason: `${result.reason}; still so after ${Math.round(sinceMs / 1000)} s` };
}
