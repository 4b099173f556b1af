import { attemptOf, type Moved, told } from './attempt.ts';
import type { CheckVerdict } from './check.ts';
import type { Example } from './evidence.ts';
import { overall } from './judge.ts';
import type { Observation } from './observation.ts';
import { inForce, isReady, unreadyFor } from './readiness.ts';
import type { Analysing, Ended, Reverting, Shifting } from './state.ts';
import { nothingForCandidate, type Traffic } from './traffic.ts';

interface Why {
  readonly outcome: Reverting['outcome'];
  readonly reason: string;
  readonly checks?: readonly CheckVerdict[];
  readonly examples?: readonly Example[];
}

/** Takes the traffic back, from wherever the attempt is. */
export function revert(state: Shifting | Analysing, why: Why, nowMs: number): Moved {
  const checks = why.checks ?? (state.phase === 'Analysing' ? state.checks : []);
  const { replicas } = state.traffic;
  const next: Reverting = {
    ...attemptOf(state),
    phase: 'Reverting',
    sinceMs: nowMs,
    outcome: why.outcome,
    reason: why.reason,
    stage: state.stage,
    ...(replicas && {
      traffic: { weight: 0, replicas: { stable: replicas.stable + replicas.candidate, candidate: 0 } },
    }),
    checks,
    verdict: checks.length > 0 ? overall(checks) : 'inconclusive',
    examples: why.examples ?? state.examples ?? [],
  };
  const type = why.outcome === 'RolledBack' ? 'Warning' : 'Normal';
  return {
    state: next,
    events: [told(type, 'RollingBack', `all traffic goes back to ${state.stable}: ${why.reason}`)],
  };
}

/** What is wanted in the end. */
function trafficBack(state: Reverting): Traffic {
  return state.traffic ?? nothingForCandidate;
}

/** What is wanted now: consumers of the stable release that were all taken away are started before any weight is theirs. */
export function trafficBackNow(state: Reverting, observation: Observation): Traffic {
  const traffic = trafficBack(state);
  if (!traffic.replicas || isReady(observation, state.stable)) return traffic;
  return { ...traffic, weight: observation.routed?.weights[state.stable] ? 0 : 100 };
}

/** Waits until everyone goes by the routes that lead to the stable release alone. */
export function stepReverting(state: Reverting, observation: Observation): Moved {
  const traffic = trafficBack(state);
  const done = inForce(observation, state, traffic);
  if (done === true) {
    const { outcome, reason, verdict, checks, examples } = state;
    const next: Ended = {
      ...attemptOf(state),
      phase: 'Ended',
      outcome,
      reason,
      endedAtMs: observation.nowMs,
      verdict,
      checks,
      examples,
    };
    const message = `${howItIsNow(state, observation)}: ${reason}`;
    return { state: next, events: [told(outcome === 'RolledBack' ? 'Warning' : 'Normal', outcome, message)] };
  }
  const unready = isWritten(observation, state, traffic) ? undefined : unreadyFor(observation, state, traffic);
  const waiting = unready ?? done;
  if (waiting === state.waiting) return { state, events: [] };
  const message = `cannot go back to ${state.stable}: ${waiting}; make its Pods ready and the traffic follows`;
  return { state: { ...state, waiting }, events: unready ? [told('Warning', 'Waiting', message)] : [] };
}

function howItIsNow({ stable, sinceMs }: Reverting, { nowMs, routed }: Observation): string {
  const isRouted = routed !== undefined && Object.keys(routed.weights).length > 0;
  return isRouted
    ? `${stable} has all traffic again after ${nowMs - sinceMs} ms`
    : 'no route leads to either release any more, so there is nothing to take back';
}

function isWritten({ routed }: Observation, { stable, candidate }: Reverting, traffic: Traffic): boolean {
  return routed?.isAt(stable, candidate, traffic) ?? false;
}
