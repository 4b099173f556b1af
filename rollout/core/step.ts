import type { Effect, RolloutEvent } from './effect.ts';
import type { Observation } from './observation.ts';
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
 */
export function step(state: State, observation: Observation): Stepped {
  throw new Error(`no step from ${state.phase} at ${observation.nowMs} yet`);
}
