import type { CheckVerdict } from '../../rollout/core/check.ts';
import type { Example } from '../../rollout/core/evidence.ts';
import type { Outcome, State } from '../../rollout/core/state.ts';
import type { HistoryEntry, RolloutResource } from '../../rollout/resource/rollout.ts';
import { Failure } from '../failure.ts';
import { isRunning } from './phase.ts';

/** Why an attempt ended as it did, or how it stands. */
export interface Explanation {
  readonly service: string;
  readonly attempt: number;
  readonly candidate: string;
  readonly stable: string;
  /** Absent while it runs. */
  readonly outcome?: Outcome;
  readonly reason: string;
  readonly beganAtMs: number;
  readonly endedAtMs?: number;
  readonly checks: readonly CheckVerdict[];
  /** Of the candidate first. */
  readonly examples: readonly Example[];
}

/**
 * The explanation of an attempt: of the one that `status` shows, unless a number is given. Pure.
 * Fails when there was no such attempt, or it is too long ago.
 */
export function explanationOf(rollout: RolloutResource, attempt?: number): Explanation {
  const { spec, status } = rollout;
  const { state, history = [] } = status ?? {};
  const wanted = attempt ?? status?.attempt;
  if (state && state.phase !== 'Idle' && isRunning(status) && wanted === state.attempt) {
    return {
      service: spec.service,
      attempt: state.attempt,
      candidate: state.candidate,
      stable: state.stable,
      reason: status?.message ?? '',
      beganAtMs: state.beganAtMs,
      checks: status?.checks ?? [],
      examples: candidateFirst(status?.examples ?? [], state.candidate),
    };
  }
  const entry = attempt === undefined ? history[0] : history.find((each) => each.attempt === attempt);
  if (entry) return { ...ofEntry(spec.service, entry), ...exactTimes(entry, state) };
  throw noAttempt(rollout, attempt);
}

function ofEntry(service: string, { beganAt, endedAt, examples, ...entry }: HistoryEntry): Explanation {
  return {
    service,
    ...entry,
    beganAtMs: Date.parse(beganAt),
    endedAtMs: Date.parse(endedAt),
    examples: candidateFirst(examples, entry.candidate),
  };
}

/** The history has seconds; of the attempt that ended last, the state has milliseconds. */
function exactTimes({ attempt }: HistoryEntry, state: State | undefined): Partial<Explanation> {
  if (state?.phase !== 'Ended' || state.attempt !== attempt) return {};
  return { beganAtMs: state.beganAtMs, endedAtMs: state.endedAtMs };
}

/** Those that can be looked up before those that cannot. */
function candidateFirst(examples: readonly Example[], candidate: string): Example[] {
  const rank = ({ release, traceId }: Example) => (release === candidate ? 0 : 2) + (traceId === undefined ? 1 : 0);
  return examples.toSorted((left, right) => rank(left) - rank(right));
}

function noAttempt({ spec, status }: RolloutResource, attempt: number | undefined): Failure {
  const known = (status?.history ?? []).map((each) => each.attempt);
  if (attempt !== undefined && known.length > 0) {
    return new Failure('NoAttempt', `${spec.service} has no attempt ${attempt} in its history: ${known.join(', ')}`, {
      hint: `Type: parley rollout history ${spec.service}`,
    });
  }
  return new Failure('NoAttempt', `nothing was decided about ${spec.service} yet: ${status?.message ?? 'no attempt'}`, {
    hint: `Type: parley rollout watch ${spec.service}`,
  });
}
