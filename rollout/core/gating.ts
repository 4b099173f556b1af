import { attemptOf, interruptionOf, type Moved, told } from './attempt.ts';
import { freshTests } from './judge.ts';
import type { Observation } from './observation.ts';
import type { RolloutPlan } from './plan.ts';
import { toStage } from './shifting.ts';
import type { Ended, GateName, GateResult, Gating } from './state.ts';
import { gateNames } from './state.ts';

/** Gates one after the other; a candidate before a shut gate never gets a request. */
export function stepGating(state: Gating, plan: RolloutPlan | undefined, observation: Observation): Moved {
  const interruption = interruptionOf(state, plan);
  if (!plan || interruption) {
    const { outcome, reason } = interruption ?? { outcome: 'Aborted', reason: 'the rollout was deleted' };
    return {
      state: ended(state, outcome, reason, observation),
      events: [told('Normal', outcome, `${reason}; ${state.candidate} had no traffic`)],
    };
  }
  const gates = answered(state, plan, observation);
  const shut = gates.find(({ result }) => result === 'shut');
  const next: Gating = { ...state, gates };
  if (shut) {
    const reason = `gate ${shut.gate} is shut: ${shut.reason}`;
    return {
      state: ended(next, 'Refused', reason, observation),
      events: [told('Warning', 'Refused', `${reason}; ${state.candidate} had no traffic`)],
    };
  }
  const waits = plan.paused || gates.some(({ result }) => result !== 'open');
  if (waits) return { state: next, events: [] };
  return toStage(attemptOf(state), plan, { stage: 0, tests: freshTests, nowMs: observation.nowMs });
}

/** The gate whose answer has to be asked for. Readiness is seen in the releases, nobody has to be asked. */
export function gateToAsk({ gates }: Gating, plan: RolloutPlan): GateName | undefined {
  const next = gatesOf(plan).find((gate) => !gates.some((known) => known.gate === gate && known.result === 'open'));
  return next === 'readiness' ? undefined : next;
}

function gatesOf({ gates }: RolloutPlan): readonly GateName[] {
  return gateNames.filter((gate) => gate === 'readiness' || gates[gate]);
}

/** Results up to the first gate that is not open: the ones after it are not asked yet. */
function answered(state: Gating, plan: RolloutPlan, observation: Observation): readonly GateResult[] {
  const results: GateResult[] = [];
  for (const gate of gatesOf(plan)) {
    const result = resultOf(gate, state, plan, observation);
    results.push(result);
    if (result.result !== 'open') break;
  }
  return results;
}

function resultOf(gate: GateName, state: Gating, plan: RolloutPlan, observation: Observation): GateResult {
  const known = state.gates.find((result) => result.gate === gate);
  if (known?.result === 'open') return known;
  const answer = observation.gates[gate];
  if (gate !== 'readiness') return answer ?? known ?? { gate, result: 'pending', reason: 'asked' };
  return answer?.result === 'shut' ? answer : readiness(state, plan, observation);
}

function readiness({ candidate, sinceMs }: Gating, plan: RolloutPlan, { releases, nowMs }: Observation): GateResult {
  const facts = releases[candidate];
  const consumers = plan.stages[0]?.traffic.replicas !== undefined;
  const reason = facts
    ? `${facts.readyPods} of ${facts.wantedPods} Pods of ${candidate} are ready`
    : `${candidate} is not deployed`;
  const open = facts !== undefined && facts.readyPods >= facts.wantedPods && (facts.wantedPods > 0 || consumers);
  if (open) return { gate: 'readiness', result: 'open', reason };
  const { readinessTimeoutMs } = plan.gates;
  if (nowMs - sinceMs < readinessTimeoutMs) return { gate: 'readiness', result: 'pending', reason };
  return { gate: 'readiness', result: 'shut', reason: `${reason} after ${readinessTimeoutMs / 1000} s` };
}

function ended(
  state: Gating,
  outcome: Exclude<Ended['outcome'], 'Promoted'>,
  reason: string,
  { nowMs }: Observation,
): Ended {
  return {
    ...attemptOf(state),
    phase: 'Ended',
    outcome,
    reason,
    endedAtMs: nowMs,
    verdict: 'inconclusive',
    checks: [],
    examples: [],
  };
}
