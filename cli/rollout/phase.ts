import type { Outcome } from '../../rollout/core/state.ts';
import type { RolloutPhase, RolloutResource, RolloutStatus } from '../../rollout/resource/rollout.ts';
import type { ExitName } from '../exit-codes.ts';

/** Phases in which the weights of the service belong to the attempt. */
const runningPhases = ['Gating', 'Shifting', 'Analysing', 'Paused', 'Reverting'] as const satisfies RolloutPhase[];

/** Whether an attempt is at work. */
export function isRunning(status: RolloutStatus | undefined): boolean {
  return runningPhases.some((phase) => phase === status?.phase);
}

const exits: Readonly<Record<Outcome, ExitName>> = {
  Promoted: 'ok',
  RolledBack: 'failed',
  Aborted: 'failed',
  Superseded: 'failed',
  Refused: 'failed',
};

/** How the last attempt ended; undefined while one runs, or when there was none. */
export function outcomeOf(status: RolloutStatus | undefined): Outcome | undefined {
  const { phase } = status ?? {};
  return phase !== undefined && phase in exits ? (phase as Outcome) : undefined;
}

/** How a command that waits for an attempt exits. */
export function exitOf(outcome: Outcome): ExitName {
  return exits[outcome];
}

/** What is missing before a controller can be said to have taken up the object as it is written now. */
export function notTakenUp({ metadata, status }: Pick<RolloutResource, 'metadata' | 'status'>): string | undefined {
  if (status?.attempt === undefined) return 'no controller has looked at it';
  const seen = status.observedGeneration ?? 0;
  if (seen >= (metadata.generation ?? 1)) return undefined;
  return `its controller has seen generation ${seen} of ${metadata.generation}`;
}

/** How `rollout status` exits: 3 while nothing is decided. */
export function exitOfPhase(phase: RolloutPhase | 'Unseen'): ExitName {
  return phase in exits ? exits[phase as Outcome] : 'findings';
}
