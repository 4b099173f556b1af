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

function analysing(state: Analysing, phase: RolloutPhase): string {
  const { checks, missing, verdict, candidate, driving } = state;
  const waiting = phase === 'Paused' ? undefined : state.waiting;
  if (missing) return `cannot judge ${candidate}: ${missing.reason}; ${missing.hint}`;
  const suffix = driving ? ', with calls of its own because callers do not come' : '';
  if (verdict === 'pass')
    return `every check of ${candidate} passes${waiting ? `; waits for ${waiting}` : ''}${suffix}`;
  const reasons = checks.filter((check) => check.verdict === verdict).map(({ name, reason }) => `${name}: ${reason}`);
  return `${reasons.length === 0 ? `waits for evidence about ${candidate}` : reasons.join('; ')}${suffix}`;
}

const because = (waiting: string | undefined): string => (waiting === undefined ? '' : `: ${waiting}`);

function told(state: State, stage: string, phase: RolloutPhase): string {
  switch (state.phase) {
    case 'Gating':
      return gating(state);
    case 'Shifting':
      return `waits until the routes have stage ${stage} in force${because(state.waiting)}${state.forced ? ', promoted by request' : ''}`;
    case 'Analysing':
      return analysing(state, phase);
    case 'Reverting':
      return `back to ${state.stable}: ${state.reason}${state.waiting ? `; waits: ${state.waiting}` : ''}`;
    default:
      return state.reason;
  }
}

/** One sentence: what the rollout is doing or why it ended. */
export function messageOf(state: State, plan: RolloutPlan | undefined, phase: RolloutPhase): string {
  const doing = told(state, stageTitle(state, plan) ?? '', phase);
  if (phase !== 'Paused') return doing;
  return plan?.paused
    ? `paused: parley rollout resume, or spec.paused: false, goes on; ${doing}`
    : `undecided, a person has to promote or abort; ${doing}`;
}
