import type { Cluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import type { ExitName } from '../exit-codes.ts';
import { interrupted } from '../failure.ts';
import { awaitOutcome } from './await-rollout.ts';
import { exitOf } from './phase.ts';
import { watchRollout } from './watch.ts';

export interface FollowOptions {
  readonly timeoutMs: number;
  /** Whether people are shown how it goes. */
  readonly show: boolean;
}

/** Waits for the end of an attempt, with the tree or its changes on stdout if wanted; how it ended is the exit. */
export async function followToEnd(
  context: CommandContext,
  cluster: Cluster,
  service: string,
  { timeoutMs, show }: FollowOptions,
): Promise<ExitName> {
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const shown = show
    ? watchRollout({ ...context, signal }, cluster, service, ({ endedAtMs }) => endedAtMs !== undefined)
    : undefined;
  try {
    const { outcome } = await awaitOutcome(context, cluster, service, { timeoutMs });
    await shown;
    const exit = exitOf(outcome);
    if (exit === 'failed') context.stderr.write(`  Type: parley rollout explain ${service}\n`);
    return exit;
  } catch (error) {
    throw context.signal.aborted ? interrupted() : error;
  } finally {
    over.abort();
    await shown;
  }
}
