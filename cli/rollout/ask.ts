import type { Outcome } from '../../rollout/core/state.ts';
import type { RolloutResource } from '../../rollout/resource/rollout.ts';
import { Failure } from '../failure.ts';
import { isRunning } from './phase.ts';

export const asks = ['promote', 'abort', 'pause', 'resume', 'retry'] as const;
/** What a person asks of the attempt that there is. */
export type Ask = (typeof asks)[number];

/** Merge patch (RFC 7396) of the spec. */
export type SpecPatch = Readonly<Record<string, unknown>>;

/** What an ask comes to. */
export interface Asked {
  readonly patch: SpecPatch;
  /** How the attempt ends by it; absent: it goes on. */
  readonly outcome?: Outcome;
  /** `rollout 'accounts' promoted`. */
  readonly reply: string;
}

/** What an ask changes about a Rollout. Pure. Fails when there is nothing that it could be asked of. */
export function askedOf(ask: Ask, rollout: RolloutResource): Asked {
  const { spec, status } = rollout;
  const { service } = spec;
  const attempt = status?.attempt ?? 0;
  if (ask === 'retry') return retried(rollout);
  if (status?.phase === undefined) {
    throw new Failure('Unseen', `cannot ${ask} ${service}: no controller has looked at it`, {
      hint: `Type: parley rollout status ${service}`,
    });
  }
  if (!isRunning(status)) {
    throw new Failure('NothingRuns', `cannot ${ask} ${service}: no attempt runs (${status.phase})`, {
      hint: `Type: parley rollout start ${service} <release>`,
    });
  }
  if (status.phase === 'Reverting' && ask !== 'abort') {
    throw new Failure('GoesBack', `cannot ${ask} ${service}: it goes back to ${status.stable} already`, {
      hint: `Type: parley rollout explain ${service}`,
    });
  }
  const reply = `rollout '${service}'`;
  if (ask === 'promote') {
    const request = { action: 'Promote', attempt };
    return { patch: { request, paused: null }, outcome: 'Promoted', reply: `${reply} promoted` };
  }
  if (ask === 'abort') {
    return { patch: { request: { action: 'Abort', attempt } }, outcome: 'Aborted', reply: `${reply} aborted` };
  }
  if (ask === 'pause') return { patch: { paused: true }, reply: `${reply} paused` };
  if (spec.paused) return { patch: { paused: null }, reply: `${reply} resumed` };
  throw new Failure('NotPaused', `cannot resume ${service}: nobody paused it`, {
    hint:
      status.phase === 'Paused'
        ? `Its evidence stayed undecided. Type: parley rollout promote ${service}, or parley rollout abort ${service}`
        : `Type: parley rollout watch ${service}`,
  });
}

/** The same candidate once more. */
function retried({ spec, status }: RolloutResource): Asked {
  const { service, candidate, retry = 0 } = spec;
  if (isRunning(status) && status?.phase !== 'Paused') {
    throw new Failure('StillRuns', `cannot retry ${service}: attempt ${status?.attempt} is ${status?.phase}`, {
      hint: `Type: parley rollout abort ${service}, then parley rollout retry ${service}`,
    });
  }
  if (status?.phase === 'Promoted') {
    throw new Failure('Serves', `cannot retry ${service}: ${candidate} was promoted`, {
      hint: `Type: parley rollout start ${service} <release>, or parley rollout undo ${service}`,
    });
  }
  const patch = { retry: retry + 1, request: null, paused: null };
  return { patch, reply: `rollout '${service}' tries ${candidate} again` };
}
