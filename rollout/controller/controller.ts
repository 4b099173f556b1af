import type { Clock } from '../../kube/clock.ts';
import { type Log, withoutRepeats } from '../../kube/log.ts';
import { createQueue, type WorkQueue } from '../../kube/queue.ts';
import type { KubeRest } from '../../kube/rest.ts';
import type { ReleaseCalls } from '../calls/release-calls.ts';
import type { EvidenceSource } from '../evidence/source.ts';
import { createRolloutEvents } from './events.ts';
import { campaign, type Election } from './lease.ts';
import { createLooks } from './looks.ts';
import type { RolloutMetrics } from './metrics.ts';
import { createPace } from './pace.ts';
import type { TurnContext } from './turn.ts';
import { type World, watchWorld } from './world.ts';
import { createWrites } from './writes.ts';

export interface ControllerOptions {
  readonly rest: KubeRest;
  readonly clock: Clock;
  readonly log: Log;
  /** Whose rollouts; undefined: those of all namespaces. */
  readonly namespace?: string;
  readonly lease: { readonly namespace: string; readonly identity: string; readonly durationMs: number };
  readonly evidence: EvidenceSource;
  /** Undefined: rollouts with calls of the kit's own are refused, because nobody said where the edge is. */
  readonly calls?: ReleaseCalls;
  readonly metrics: RolloutMetrics;
}

/** The controller as whoever started it sees it. */
export interface RolloutController {
  /** Whether everything has been seen once. */
  isSynced(): boolean;
  leads(): boolean;
  /** Finishes the looks that have begun, gives the Lease back and ends every watch. `evidence`, `calls` and `rest` stay open. */
  stop(): Promise<void>;
}

export const leaseName = 'parley-rollouts';

const lastRetryMs = 2000;

/**
 * Starts to carry rollouts out. Resolves as soon as it watches; a cluster without Rollouts is watched until it has some. Rejects when
 * the cluster does not answer.
 */
export async function startRolloutController(options: ControllerOptions): Promise<RolloutController> {
  const { rest, clock, log, lease } = options;
  const stop = new AbortController();
  let election: Election | undefined;
  let synced = false;
  const leads = () => election?.leads() ?? false;
  const problem = withoutRepeats((text) => log.info('problem', { problem: text }));

  const queue: WorkQueue = createQueue({
    clock,
    lastRetryMs,
    work: (key) => looks.look(key),
    onError: (key, error) => log.error(`rollout ${key}`, error),
  });
  const wake = (key: string) => {
    if (leads()) queue.add(key);
  };
  const world = await watchWorld({
    ...options,
    signal: stop.signal,
    onChange: (namespace, name) => {
      if (election || (synced && hasAny(world))) begin();
      wake(`${namespace}/${name}`);
    },
  });
  const events = createRolloutEvents({ rest, clock, instance: lease.identity, mayWrite: leads, onLost: problem });
  const context: TurnContext = {
    ...options,
    calls: options.calls,
    world,
    writes: createWrites(rest, world, leads),
    events,
    pace: createPace(),
    wake,
  };

  const looks = createLooks(context, leads);

  const onLead = (leading: boolean) => {
    log.info(leading ? 'leads' : 'only watches', { lease: `${lease.namespace}/${leaseName}` });
    if (!leading) looks.forgetAll();
    if (leading) for (const { metadata } of world.rollouts()) queue.add(`${metadata.namespace}/${metadata.name}`);
  };
  /** Where nothing is to be rolled out nobody has to lead. */
  const begin = () => {
    if (stop.signal.aborted) return;
    election ??= campaign({ rest, clock, ...lease, name: leaseName, onChange: onLead, onProblem: problem });
  };
  world.synced.then(
    () => {
      synced = true;
      if (hasAny(world)) begin();
    },
    () => undefined, // Stopped before it had seen everything.
  );
  return {
    isSynced: () => synced,
    leads,
    async stop() {
      await queue.stop();
      await events.flush();
      await election?.stop();
      stop.abort();
      await world.ended;
    },
  };
}

const hasAny = (world: World): boolean => world.rollouts()[Symbol.iterator]().next().done === false;
