import type { RolloutPlan } from '../core/plan.ts';
import type { Analysing, Gating, State } from '../core/state.ts';
import type { RolloutPhase } from './rollout.ts';

/** `2/3 50 %`; the number alone where the plan is gone. */
export function stageTitle(state: State, plan: RolloutPlan | undefined): string | undefined {
  const stage = 'stage' in state ? state.stage : undefined;
  if (stage === undefined) return undefined;
  const title = plan?.stages[stage]?.title;
  return title === undefined ? String(stage + 1) : `${stage + 1}/${plan?.stages.length} ${title}`;
}

function gating({ gates, candidate }: Gating): string {
  const waiting = gates.filter(({ result }) => result !== 'open');
  if (waiting.length === 0) return `looks whether ${candidate} may have its first request`;
  return waiting.map(({ gate, reason }) => `${gate}: ${reason}`).join('; ');
}

function analysing({ checks, missing, verdict, candidate, driving, waiting }: Analysing): string {
  if (missing) return `cannot judge ${candidate}: ${missing.reason}; ${missing.hint}`;
  const with_ = driving ? ', with calls of its own because callers do not come' : '';
  if (waiting) return `${waiting}${with_}`;
  if (verdict === 'pass') return `every check of ${candidate} passes${with_}`;
  const open = checks.filter((check) => check.verdict === (verdict === 'fail' ? 'fail' : 'inconclusive'));
  const reasons = open.map(({ name, reason }) => `${name}: ${reason}`);
  return `${reasons.length === 0 ? `waits for evidence about ${candidate}` : reasons.join('; ')}${with_}`;
}

function told(state: State, stage: string): string {
  switch (state.phase) {
    case 'Gating':
      return gating(state);
    case 'Shifting':
      return `${state.waiting ?? `waits until the routes have stage ${stage} in force`}${state.forced ? ', promoted by request' : ''}`;
    case 'Analysing':
      return analysing(state);
    case 'Reverting':
      return `back to ${state.stable}: ${state.reason}${state.waiting ? `; ${state.waiting}` : ''}`;
    default:
      return state.reason;
  }
}

/** One sentence: what the rollout is doing or why it ended. */
export function messageOf(state: State, plan: RolloutPlan | undefined, phase: RolloutPhase): string {
  const doing = told(state, stageTitle(state, plan) ?? '');
  if (phase !== 'Paused') return doing;
  return plan?.paused
    ? `paused by spec.paused, set it to false to go on; ${doing}`
    : `undecided, waits for a person: promote, abort, or raise spec.retry; ${doing}`;
}
