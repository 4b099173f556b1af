import type { RolloutEvent } from './effect.ts';
import type { Observation } from './observation.ts';
import type { RolloutPlan } from './plan.ts';
import type { Ended, Gating, Idle, Outcome, State } from './state.ts';

/** Where a step leads, and what people are told of it. */
export interface Moved {
  readonly state: State;
  readonly events: readonly RolloutEvent[];
}

/** An Event in one line. */
export function told(type: RolloutEvent['type'], reason: string, message: string): RolloutEvent {
  return { type, reason, message };
}

type Running = Exclude<State, Idle>;

/** What every phase of an attempt has. */
export function attemptOf({
  attempt,
  candidate,
  retry,
  stable,
  beganAtMs,
}: Running): Pick<Running, 'attempt' | 'candidate' | 'retry' | 'stable' | 'beganAtMs'> {
  return { attempt, candidate, retry, stable, beganAtMs };
}

/** Nothing runs: begins an attempt if the plan asks for one that was not made yet. */
export function begin(state: Idle | Ended, plan: RolloutPlan | undefined, observation: Observation): Moved {
  if (!plan || (state.phase === 'Ended' && isOf(state, plan) && state.outcome !== 'Superseded'))
    return { state, events: [] };
  const stable = stableOf(state, plan, observation);
  if (stable === undefined && state.phase === 'Ended') return { state, events: [] };
  if (stable === undefined) return idle(state, 'no release has weight in the routes of the service yet');
  if (stable === plan.candidate) return idle(state, `${stable} serves already`);
  const next: Gating = {
    phase: 'Gating',
    attempt: state.attempt + 1,
    candidate: plan.candidate,
    retry: plan.retry,
    stable,
    beganAtMs: observation.nowMs,
    sinceMs: observation.nowMs,
    gates: [],
  };
  const message = `attempt ${next.attempt}: ${plan.service} ${next.candidate} is to take over from ${stable}`;
  return { state: next, events: [told('Normal', 'RolloutStarted', message)] };
}

export interface Interruption {
  readonly outcome: Exclude<Outcome, 'Promoted' | 'RolledBack' | 'Refused'>;
  readonly reason: string;
}

/** What ends an attempt from outside, whatever the evidence says. */
export function interruptionOf(state: Running, plan: RolloutPlan | undefined): Interruption | undefined {
  if (!plan) return { outcome: 'Aborted', reason: 'the rollout was deleted' };
  if (plan.candidate === state.stable) {
    return { outcome: 'Aborted', reason: `${plan.candidate}, the stable release, was asked for` };
  }
  if (!isOf(state, plan)) {
    const again = plan.candidate === state.candidate;
    return {
      outcome: 'Superseded',
      reason: again ? `a new attempt of ${plan.candidate} was asked for` : `${plan.candidate} was asked for`,
    };
  }
  if (isRequested('abort', state, plan)) return { outcome: 'Aborted', reason: 'a person aborted it' };
  return undefined;
}

/** A person's word holds for the attempt that it names. */
export function isRequested(action: 'promote' | 'abort', state: Running, plan: RolloutPlan): boolean {
  return plan.request?.action === action && plan.request.attempt === state.attempt;
}

function isOf(state: Running, plan: RolloutPlan): boolean {
  return plan.candidate === state.candidate && plan.retry === state.retry;
}

/** After a promotion the routes say who is stable: the plan may still name the one before. */
function stableOf(state: Idle | Ended, plan: RolloutPlan, { routed }: Observation): string | undefined {
  const promoted = state.phase === 'Ended' && state.outcome === 'Promoted';
  if (plan.stable !== undefined && !promoted) return plan.stable;
  const weighted = Object.entries(routed?.weights ?? {}).filter(([, weight]) => weight > 0);
  const rank = ([release, weight]: [string, number]): number => weight - (release === plan.candidate ? 0.5 : 0);
  return weighted.sort((a, b) => rank(b) - rank(a))[0]?.[0];
}

function idle(state: Idle | Ended, reason: string): Moved {
  return { state: { phase: 'Idle', attempt: state.attempt, reason }, events: [] };
}
