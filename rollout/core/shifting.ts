import { attemptOf, interruptionOf, isRequested, type Moved, told } from './attempt.ts';
import type { Example } from './evidence.ts';
import { freshTests, type Judge, overall } from './judge.ts';
import { wantsBaseline } from './latency-check.ts';
import { countsOf, examplesOf, ruleFor } from './look.ts';
import type { Observation } from './observation.ts';
import type { RolloutPlan } from './plan.ts';
import { inForce, isReady, unreadyFor } from './readiness.ts';
import { revert } from './reverting.ts';
import type { Analysing, Ended, Shifting, Tests } from './state.ts';
import type { Stage } from './traffic.ts';

interface ToStage {
  readonly stage: number;
  /** Absent: a person said promote, and nothing is judged any more. */
  readonly tests?: Tests;
  readonly nowMs: number;
}

/** The stage at this index, or the last one of a plan that has become shorter. */
export function stageAt(plan: RolloutPlan, index: number): Stage {
  const stage = plan.stages[index] ?? plan.stages.at(-1);
  if (!stage) throw new Error(`the rollout of ${plan.service} has no stages: give spec.strategy at least one`);
  return stage;
}

/** Wants the traffic of a stage. */
export function toStage(
  attempt: ReturnType<typeof attemptOf>,
  plan: RolloutPlan,
  { stage: index, tests, nowMs }: ToStage,
): Moved {
  const stage = Math.min(index, plan.stages.length - 1);
  const { title, traffic } = stageAt(plan, stage);
  const next: Shifting = {
    ...attempt,
    phase: 'Shifting',
    stage,
    traffic,
    sinceMs: nowMs,
    ...(tests ? { tests } : { forced: true }),
  };
  const why = tests ? '' : ', because a person said promote';
  return {
    state: next,
    events: [
      told(
        'Normal',
        'TrafficShifting',
        `stage ${stage + 1} of ${plan.stages.length}, ${title}: to ${attempt.candidate}${why}`,
      ),
    ],
  };
}

/** Waits until the traffic of the stage is in force; what the candidate does meanwhile counts already. */
export function stepShifting(
  state: Shifting,
  plan: RolloutPlan | undefined,
  observation: Observation,
  judge: Judge,
): Moved {
  const { nowMs } = observation;
  const interruption = interruptionOf(state, plan);
  if (interruption) return revert(state, interruption, nowMs);
  if (!plan) return { state, events: [] };
  if (!state.forced && isRequested('promote', state, plan)) {
    return toStage(attemptOf(state), plan, { stage: plan.stages.length - 1, nowMs });
  }
  const unreadySinceMs = isReady(observation, state.candidate) ? undefined : (state.unreadySinceMs ?? nowMs);
  if (unreadySinceMs !== undefined && nowMs - unreadySinceMs >= plan.gates.readinessTimeoutMs) {
    return revert(
      state,
      { outcome: 'RolledBack', reason: unreadyTooLong(state.candidate, nowMs - unreadySinceMs) },
      nowMs,
    );
  }
  const { unreadySinceMs: _, ...before } = state;
  const counted = { ...before, ...(unreadySinceMs !== undefined && { unreadySinceMs }) };
  if (state.forced) return arrive(counted, plan, observation, []);
  const judged = judge(state.tests ?? freshTests, countsOf(observation), { ...ruleFor(plan, nowMs), alone: false });
  const examples = examplesOf(state, observation);
  if (overall(judged.checks) === 'fail') {
    return revert(
      state,
      { outcome: 'RolledBack', reason: failureOf(judged.checks), checks: judged.checks, examples },
      nowMs,
    );
  }
  return arrive({ ...counted, tests: judged.tests, examples }, plan, observation, examples);
}

/** `errors: 6 of 80 requests failed ...`, of the first check that fails. */
export function failureOf(checks: Analysing['checks']): string {
  const failed = checks.find(({ verdict }) => verdict === 'fail');
  return failed ? `${failed.name}: ${failed.reason}` : 'no check failed';
}

/** Why a candidate goes back that nobody can reach. @param forMs milliseconds. */
export function unreadyTooLong(candidate: string, forMs: number): string {
  return `${candidate} has had no ready Pods for ${Math.round(forMs / 1000)} s`;
}

/** What the traffic of this stage waits for before it may be written. Undefined: nothing. */
export function shiftWaitsFor(state: Shifting, plan: RolloutPlan, observation: Observation): string | undefined {
  const unready = unreadyFor(observation, state, state.traffic);
  if (unready !== undefined) return unready;
  return measuresFirst(state, plan, observation.nowMs)
    ? `the latency of ${state.stable} is measured while it has traffic`
    : undefined;
}

/** A release that is to lose all its requests is measured first, when a latency check needs it; not for longer than evidence may take. */
function measuresFirst({ traffic, tests, forced, sinceMs }: Shifting, plan: RolloutPlan, nowMs: number): boolean {
  if (forced || traffic.weight < 100 || nowMs - sinceMs >= plan.noEvidence.afterMs) return false;
  return plan.checks.some((check) => {
    const memory = tests?.byCheck[check.name];
    return (
      check.kind === 'latency' && wantsBaseline(check, memory?.kind === 'latency' ? memory : undefined, tests?.stable)
    );
  });
}

function arrive(state: Shifting, plan: RolloutPlan, observation: Observation, examples: readonly Example[]): Moved {
  const { nowMs } = observation;
  const { title } = stageAt(plan, state.stage);
  const waits = shiftWaitsFor(state, plan, observation);
  const waiting = waits ?? inForce(observation, state, state.traffic);
  if (waiting !== true) {
    const news = waits !== undefined && waits !== state.waiting;
    return { state: { ...state, waiting }, events: news ? [told('Warning', 'Waiting', `${title}: ${waits}`)] : [] };
  }
  if (state.forced) {
    const next: Ended = {
      ...attemptOf(state),
      phase: 'Ended',
      outcome: 'Promoted',
      reason: 'a person said promote',
      endedAtMs: nowMs,
      verdict: 'inconclusive',
      checks: [],
      examples,
    };
    return {
      state: next,
      events: [told('Normal', 'Promoted', `${state.candidate} has all traffic: a person said promote`)],
    };
  }
  const next: Analysing = {
    ...attemptOf(state),
    phase: 'Analysing',
    stage: state.stage,
    traffic: state.traffic,
    sinceMs: nowMs,
    tests: state.tests ?? freshTests,
    verdict: 'inconclusive',
    checks: [],
    seenAtMs: nowMs,
    examples,
  };
  return {
    state: next,
    events: [told('Normal', 'StageInForce', `${title} is in force after ${nowMs - state.sinceMs} ms`)],
  };
}
