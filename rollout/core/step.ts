import { stepAnalysing } from './analysing.ts';
import { begin, type Moved } from './attempt.ts';
import type { Effect, RolloutEvent } from './effect.ts';
import { effectsOf } from './effects.ts';
import { stepGating } from './gating.ts';
import { type Judge, judgeChecks } from './judge.ts';
import type { Observation } from './observation.ts';
import { stepReverting } from './reverting.ts';
import { stepShifting } from './shifting.ts';
import type { Idle, State } from './state.ts';

export interface Stepped {
  readonly state: State;
  readonly effects: readonly Effect[];
  readonly events: readonly RolloutEvent[];
}

/** A rollout that nobody has looked at yet. */
export const initialState: Idle = { phase: 'Idle', attempt: 0, reason: 'nothing was asked for yet' };

/**
 * One look at the world. Effects follow from the new state and from what the observation shows is not so yet, never from the transition: a
 * controller that was killed between the write of the state and the effect is told the same effect again.
 * `judge` is what decides over the evidence.
 */
export function step(state: State, observation: Observation, judge: Judge = judgeChecks): Stepped {
  const moved = move(state, observation, judge);
  return { ...moved, effects: effectsOf(moved.state, observation) };
}

function move(state: State, observation: Observation, judge: Judge): Moved {
  const { plan } = observation;
  switch (state.phase) {
    case 'Idle':
    case 'Ended':
      return begin(state, plan, observation);
    case 'Gating':
      return stepGating(state, plan, observation);
    case 'Shifting':
      return stepShifting(state, plan, observation, judge);
    case 'Analysing':
      return stepAnalysing(state, plan, observation, judge);
    case 'Reverting':
      return stepReverting(state, observation);
  }
}
