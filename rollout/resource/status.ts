import { timestamp } from '../../kube/clock.ts';
import type { RolloutPlan } from '../core/plan.ts';
import type { Ended, State } from '../core/state.ts';
import { conditionsOf, transition } from './conditions.ts';
import { messageOf, stageTitle } from './message.ts';
import { phaseOf, weightOf } from './phase.ts';
import type { RolloutInvalid } from './problem.ts';
import type { HistoryEntry, RolloutStatus } from './rollout.ts';

export { StateUnknown, stateOf } from './state.ts';

/** Of which spec a status is, and when it is written. */
export interface StatusMoment {
  /** `metadata.generation` of the object that was gone by. */
  readonly generation: number;
  readonly nowMs: number;
}

const historyLimit = 10;
const exampleLimit = 20;

/**
 * What people and other programs are shown of a state, and the state itself. `before` is the status as it was: history and the times of
 * conditions go on from there. The plan is undefined when the object is to go.
 */
export function statusOf(
  state: State,
  plan: RolloutPlan | undefined,
  before: RolloutStatus | undefined,
  moment: StatusMoment,
): RolloutStatus {
  const phase = phaseOf(state, plan, moment.nowMs);
  const message = messageOf(state, plan, phase);
  const verdict = 'verdict' in state ? state.verdict : undefined;
  const missing = state.phase === 'Analysing' && state.missing ? message : undefined;
  const history = historyOf(state, before?.history ?? []);
  return present({
    observedGeneration: moment.generation,
    attempt: state.attempt,
    phase,
    ...('candidate' in state ? { stable: state.stable, candidate: state.candidate } : {}),
    weight: weightOf(state),
    verdict,
    stage: stageTitle(state, plan),
    message,
    ...('checks' in state ? { checks: state.checks } : {}),
    ...('examples' in state ? { examples: state.examples?.slice(0, exampleLimit) } : {}),
    conditions: conditionsOf({ phase, message, verdict, missing }, before?.conditions, moment),
    history: history.length > 0 ? history : undefined,
    state,
  });
}

/** The status of a Rollout that cannot be carried out as it is written: everything stays as it was, and it says what is wrong. */
export function invalidStatus(
  state: State,
  { problems }: RolloutInvalid,
  before: RolloutStatus | undefined,
  moment: StatusMoment,
): RolloutStatus {
  const message = problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
  const status = statusOf(state, undefined, before, moment);
  const progressing = { type: 'Progressing', status: 'False', reason: 'Invalid', message };
  return {
    ...status,
    message,
    conditions: (status.conditions ?? []).map((condition) =>
      condition.type === 'Progressing'
        ? transition(progressing, before?.conditions, moment.generation, moment.nowMs)
        : condition,
    ),
  };
}

/** Without members that are undefined: the status is compared and stored as JSON. */
function present(status: RolloutStatus): RolloutStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
}

function entryOf(state: Ended): HistoryEntry {
  const { attempt, candidate, stable, outcome, reason, checks, examples } = state;
  return {
    attempt,
    candidate,
    stable,
    outcome,
    reason,
    beganAt: timestamp(state.beganAtMs),
    endedAt: timestamp(state.endedAtMs),
    checks,
    examples: examples.slice(0, exampleLimit),
  };
}

/** The newest first; an attempt is in it once, however often its end is written. */
function historyOf(state: State, before: readonly HistoryEntry[]): readonly HistoryEntry[] {
  if (state.phase !== 'Ended') return before;
  return [entryOf(state), ...before.filter(({ attempt }) => attempt !== state.attempt)].slice(0, historyLimit);
}
