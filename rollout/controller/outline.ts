import type { CheckVerdict } from '../core/check.ts';
import type { State } from '../core/state.ts';
import type { RolloutPhase } from '../resource/rollout.ts';

/**
 * What of a state has to be stored before anything is done about it: all but what was counted, which may be a little old. Two states of
 * the same outline differ by evidence only.
 */
export function outlineOf(state: State, generation: number | undefined, phase: RolloutPhase | undefined): string {
  const { tests: _tests, examples: _examples, seenAtMs: _seenAtMs, checks, ...rest } = state as State & Counted;
  const verdicts = checks?.map(({ name, verdict, excused }) => [name, verdict, excused]);
  return JSON.stringify([generation, phase, rest, verdicts]);
}

/** Two states of the same outline and the same evidence are shown alike. */
export function evidenceOf(state: State): string {
  const { tests, checks, examples } = state as State & Counted;
  return JSON.stringify([tests, checks, examples]);
}

interface Counted {
  readonly tests?: unknown;
  readonly examples?: unknown;
  readonly seenAtMs?: unknown;
  readonly checks?: readonly CheckVerdict[];
}
