import { attemptOf, interruptionOf, isRequested, type Moved, told } from './attempt.ts';
import type { CheckVerdict } from './check.ts';
import { isActive } from './counts.ts';
import type { RolloutEvent } from './effect.ts';
import { handOn, type Judge, overall } from './judge.ts';
import { countsOf, examplesOf, ruleFor } from './look.ts';
import type { Observation } from './observation.ts';
import type { RolloutPlan } from './plan.ts';
import { inForce, isReady } from './readiness.ts';
import { revert } from './reverting.ts';
import { failureOf, stageAt, toStage, unreadyTooLong } from './shifting.ts';
import type { Analysing, Ended } from './state.ts';
import type { Traffic } from './traffic.ts';

/** Judges the candidate, and goes on, goes back or goes on judging. */
export function stepAnalysing(
  state: Analysing,
  plan: RolloutPlan | undefined,
  observation: Observation,
  judge: Judge,
): Moved {
  const { nowMs } = observation;
  const interruption = interruptionOf(state, plan);
  if (interruption) return revert(state, interruption, nowMs);
  if (!plan) return { state, events: [] };
  if (isRequested('promote', state, plan))
    return toStage(attemptOf(state), plan, { stage: plan.stages.length - 1, nowMs });
  const seen = look(state, plan, observation, judge);
  const events = news(state, seen);
  const fault = faultOf(seen, plan, nowMs);
  if (fault !== undefined) {
    const back = revert(seen, { outcome: 'RolledBack', reason: fault }, nowMs);
    return { state: back.state, events: [...events, ...back.events] };
  }
  const on = goOn(seen, plan, observation);
  return { state: on.state, events: [...events, ...on.events] };
}

/** Adds up what was seen; nothing is decided yet. */
function look(state: Analysing, plan: RolloutPlan, observation: Observation, judge: Judge): Analysing {
  const { nowMs, reading } = observation;
  const seen = countsOf(observation);
  const judged = judge(state.tests, seen, { ...ruleFor(plan, nowMs), alone: isAlone(state.traffic) });
  const { missing: before, unreadySinceMs: since, ...rest } = state;
  const missing =
    reading === undefined
      ? before
      : reading.kind === 'missing'
        ? { reason: reading.reason, hint: reading.hint }
        : undefined;
  const checks = missing ? judged.checks.map((check) => withheld(check, missing.reason)) : judged.checks;
  const unready = isReady(observation, state.candidate) ? undefined : (since ?? nowMs);
  return {
    ...rest,
    tests: judged.tests,
    checks,
    verdict: overall(checks),
    seenAtMs: isActive(seen.candidate) ? nowMs : state.seenAtMs,
    examples: examplesOf(state, observation),
    ...(missing && { missing }),
    ...(unready !== undefined && { unreadySinceMs: unready }),
  };
}

/** Nobody gets to the stable release by design, so there is nothing to compare the candidate with. */
function isAlone({ weight, mirrorPercent, replicas }: Traffic): boolean {
  return weight >= 100 && !mirrorPercent && !((replicas?.stable ?? 0) > 0);
}

/** Evidence that cannot be read is never a pass, even where what was read before would have been one. */
function withheld({ decidedAtMs: _, ...check }: CheckVerdict, reason: string): CheckVerdict {
  return { ...check, verdict: 'inconclusive', reason: `no evidence: ${reason}` };
}

/** Why the candidate has to go, if it has to. */
function faultOf(state: Analysing, plan: RolloutPlan, nowMs: number): string | undefined {
  if (state.verdict === 'fail') return failureOf(state.checks);
  const unreadyMs = nowMs - (state.unreadySinceMs ?? nowMs);
  if (unreadyMs > 0 && unreadyMs >= plan.gates.readinessTimeoutMs) return unreadyTooLong(state.candidate, unreadyMs);
  if (plan.paused || state.verdict === 'pass') return undefined;
  const { afterMs, action } = plan.noEvidence;
  const silentMs = nowMs - state.seenAtMs;
  if (action === 'stop' && silentMs >= afterMs)
    return `no request of ${state.candidate} was seen for ${Math.round(silentMs / 1000)} s`;
  if (plan.decision.onInconclusive === 'rollback') return exhaustion(state, plan, nowMs);
  return undefined;
}

/** What of time and requests a stage has used up without a decision. */
function exhaustion(
  { sinceMs, tests, checks }: Analysing,
  { decision }: RolloutPlan,
  nowMs: number,
): string | undefined {
  const { maxDurationMs, maxRequests } = decision;
  const open = checks.find(({ verdict }) => verdict === 'inconclusive');
  const what = open ? `${open.name}: ${open.reason}` : 'nothing was judged';
  if (nowMs - sinceMs >= maxDurationMs) return `undecided after ${Math.round(maxDurationMs / 1000)} s; ${what}`;
  if (maxRequests !== undefined && tests.candidate.requests >= maxRequests)
    return `undecided after ${tests.candidate.requests} requests; ${what}`;
  return undefined;
}

function goOn(state: Analysing, plan: RolloutPlan, observation: Observation): Moved {
  const { nowMs } = observation;
  const waiting = waitsFor(state, plan, observation);
  if (waiting !== undefined) return stay(state, plan, { waiting, nowMs });
  const stage = stageAt(plan, state.stage);
  const passed = told(
    'Normal',
    'StagePassed',
    `${stage.title}: ${state.checks.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`,
  );
  if (!sameTraffic(state.traffic, stageAt(plan, plan.stages.length - 1).traffic)) {
    const on = toStage(attemptOf(state), plan, { stage: state.stage + 1, tests: handOn(state.tests), nowMs });
    return { state: on.state, events: [passed, ...on.events] };
  }
  const reason = 'every check passed at every stage';
  const { verdict, checks, examples } = state;
  const next: Ended = {
    ...attemptOf(state),
    phase: 'Ended',
    outcome: 'Promoted',
    reason,
    endedAtMs: nowMs,
    verdict,
    checks,
    examples,
  };
  const message = `${state.candidate} has all traffic after ${Math.round((nowMs - state.beganAtMs) / 1000)} s: ${reason}`;
  return { state: next, events: [passed, told('Normal', 'Promoted', message)] };
}

/** What the next stage waits for; `undefined`: it can begin. */
function waitsFor(state: Analysing, plan: RolloutPlan, observation: Observation): string | undefined {
  const { nowMs } = observation;
  if (state.verdict !== 'pass') {
    const over = plan.paused ? undefined : exhaustion(state, plan, nowMs);
    return over ? `a person has to decide, promote or abort: ${over}` : 'evidence';
  }
  const leftMs = stageAt(plan, state.stage).minDurationMs - (nowMs - state.sinceMs);
  if (leftMs > 0) return 'the least duration of the stage';
  const { minRequests } = plan.decision;
  if (state.tests.candidate.requests < minRequests) return `${minRequests} requests`;
  const force = inForce(observation, state, state.traffic);
  if (force !== true) return force;
  return plan.paused ? 'paused' : undefined;
}

function stay(state: Analysing, plan: RolloutPlan, { waiting, nowMs }: { waiting: string; nowMs: number }): Moved {
  const { afterMs, action } = plan.noEvidence;
  const drives = action === 'drive' && !state.driving && state.verdict !== 'pass' && nowMs - state.seenAtMs >= afterMs;
  const events: RolloutEvent[] = [];
  if (drives) {
    events.push(
      told(
        'Normal',
        'DrivingTraffic',
        `no request of ${state.candidate} was seen for ${Math.round((nowMs - state.seenAtMs) / 1000)} s: calls of our own are made`,
      ),
    );
  }
  const asks = (text: string | undefined): boolean => text?.startsWith('a person has to decide') ?? false;
  if (asks(waiting) && !asks(state.waiting)) events.push(told('Warning', 'Undecided', waiting));
  return { state: { ...state, waiting, ...(drives && { driving: true }) }, events };
}

/** What changed between two looks that a person would want to know. */
function news(before: Analysing, after: Analysing): readonly RolloutEvent[] {
  const events: RolloutEvent[] = [];
  if (after.missing && !before.missing) {
    events.push(told('Warning', 'EvidenceMissing', `${after.missing.reason}; ${after.missing.hint}`));
  }
  if (before.missing && !after.missing) events.push(told('Normal', 'EvidenceBack', 'evidence can be read again'));
  for (const check of after.checks) {
    const was = before.checks.find(({ name }) => name === check.name);
    if (check.excused && !was?.excused) events.push(told('Warning', 'StableFails', `${check.name}: ${check.reason}`));
  }
  return events;
}

function sameTraffic(a: Traffic, b: Traffic): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
