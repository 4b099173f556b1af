import type { Outcome } from '../../rollout/core/state.ts';
import type { RolloutResource } from '../../rollout/resource/rollout.ts';
import type { Cluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { Failure, messageOf } from '../failure.ts';
import { type Missing, waitUntil } from '../wait.ts';
import { controllerWatch } from './controller-answers.ts';
import { outcomeOf } from './phase.ts';
import { requireRollout } from './rollouts.ts';

export interface AwaitOptions {
  readonly timeoutMs: number;
  readonly pollMs?: number;
  /** Told of each reading. */
  readonly see?: (rollout: RolloutResource) => void;
}

/** How long an API server may be away while somebody waits. */
const awayMs = 10_000;

/**
 * Reads the Rollout until `missing` says that nothing is. Fails with exit 4 after the deadline, and sooner when no controller works on
 * it; an API server that is away for a moment is waited for.
 */
export async function awaitRollout(
  context: CommandContext,
  cluster: Cluster,
  service: string,
  what: string,
  missing: (rollout: RolloutResource) => Missing,
  { timeoutMs, pollMs = 100, see }: AwaitOptions,
): Promise<RolloutResource> {
  const controller = controllerWatch(context);
  const hint = `Type: parley rollout watch ${service}`;
  let last: RolloutResource | undefined;
  let awaySince: number | undefined;
  await waitUntil(context, what, { timeoutMs, hint, pollMs }, async () => {
    try {
      last = await requireRollout(cluster, service);
      awaySince = undefined;
    } catch (error) {
      awaySince ??= context.clock.now();
      if (!isAway(error) || context.clock.now() - awaySince > awayMs) throw error;
      return messageOf(error);
    }
    see?.(last);
    return controller.look(last) ?? missing(last);
  });
  if (!last) throw new TypeError(`awaitRollout(${service}): the wait ended before a reading`);
  return last;
}

/** Waits until the attempt that is under way, or the last one, has ended. */
export async function awaitOutcome(
  context: CommandContext,
  cluster: Cluster,
  service: string,
  options: AwaitOptions,
): Promise<{ readonly rollout: RolloutResource; readonly outcome: Outcome }> {
  const title = `the end of rollout '${service}'`;
  const rollout = await awaitRollout(context, cluster, service, title, stillRunning, options);
  const outcome = outcomeOf(rollout.status);
  if (outcome) return { rollout, outcome };
  throw new Failure('NothingRuns', `rollout '${service}': ${rollout.status?.message ?? 'nothing was asked for'}`, {
    hint: `Type: parley rollout start ${service} <release>`,
  });
}

function stillRunning({ status }: RolloutResource): Missing {
  if (status?.phase === 'Idle' || outcomeOf(status)) return undefined;
  return `${status?.phase ?? 'no phase'}${status?.stage ? `, stage ${status.stage}` : ''}: ${status?.message ?? ''}`;
}

function isAway(error: unknown): boolean {
  return error instanceof Failure && error.code === 'Unreachable';
}
