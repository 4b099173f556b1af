import type { RolloutPlan } from '../core/plan.ts';
import type { Analysing, State } from '../core/state.ts';
import type { RolloutPhase } from './rollout.ts';

/** Whether a stage ended undecided, and the plan says that a person is to look at it. */
function waitsForPerson({ verdict, sinceMs, tests }: Analysing, { decision }: RolloutPlan, nowMs: number): boolean {
  const { maxDurationMs, maxRequests = Number.POSITIVE_INFINITY, onInconclusive } = decision;
  const over = nowMs - sinceMs >= maxDurationMs || tests.candidate.requests >= maxRequests;
  return verdict === 'inconclusive' && onInconclusive === 'pause' && over;
}

/** The phase that people are shown: outcomes have their own, and so has a rollout that waits for a person. */
export function phaseOf(state: State, plan: RolloutPlan | undefined, nowMs: number): RolloutPhase {
  switch (state.phase) {
    case 'Ended':
      return state.outcome;
    case 'Gating':
      return plan?.paused ? 'Paused' : 'Gating';
    case 'Analysing':
      return plan && (plan.paused || waitsForPerson(state, plan, nowMs)) ? 'Paused' : 'Analysing';
    default:
      return state.phase;
  }
}

/** Share of the candidate in percent, as it is wanted now; undefined where there is none. */
export function weightOf(state: State): number | undefined {
  switch (state.phase) {
    case 'Idle':
      return undefined;
    case 'Shifting':
    case 'Analysing':
      return state.traffic.weight;
    case 'Ended':
      return state.outcome === 'Promoted' ? 100 : 0;
    case 'Reverting':
      return state.traffic?.weight ?? 0;
    case 'Gating':
      return 0;
  }
}
