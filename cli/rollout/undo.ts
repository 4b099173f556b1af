import type { HistoryEntry, RolloutResource } from '../../rollout/resource/rollout.ts';
import { Failure } from '../failure.ts';
import type { SpecPatch } from './ask.ts';
import { isRunning } from './phase.ts';

/** What an undo asks for. */
export interface Undone {
  readonly patch: SpecPatch;
  /** The release that takes over again. */
  readonly release: string;
  readonly attempt: number;
}

/**
 * The release that was there before the last promotion is asked for, at once and without stages; it has to be ready like any. It may lack
 * contract versions that the promoted one brought: a person who undoes wants what was there before. Pure.
 */
export function undoOf({ spec, status }: RolloutResource): Undone {
  const { service } = spec;
  if (isRunning(status)) {
    throw new Failure('StillRuns', `cannot undo ${service}: attempt ${status?.attempt} is ${status?.phase}`, {
      hint: `Type: parley rollout abort ${service}`,
    });
  }
  const promoted = lastPromotion(status?.history ?? []);
  if (!promoted) {
    throw new Failure('NothingPromoted', `cannot undo ${service}: no attempt in its history was promoted`, {
      hint: `Type: parley rollout history ${service}`,
    });
  }
  const attempt = (status?.attempt ?? promoted.attempt) + 1;
  return {
    release: promoted.stable,
    attempt,
    patch: {
      candidate: promoted.stable,
      stable: null,
      paused: null,
      request: { action: 'Promote', attempt },
      gates: { ...spec.gates, contract: false },
      ...(spec.candidate === promoted.stable ? { retry: (spec.retry ?? 0) + 1 } : {}),
    },
  };
}

function lastPromotion(history: readonly HistoryEntry[]): HistoryEntry | undefined {
  return history.find(({ outcome }) => outcome === 'Promoted');
}
