import type { Clock } from '../../kube/clock.ts';
import type { Log } from '../../kube/log.ts';
import { createQueue, type WorkQueue } from '../../kube/queue.ts';
import type { KubeRest } from '../../kube/rest.ts';
import type { ReleaseCalls } from '../calls/release-calls.ts';
import type { EvidenceSource } from '../evidence/source.ts';
import { createRolloutEvents } from './events.ts';
import { campaign, type Election } from './lease.ts';
import { isRunning, type Memory } from './memory.ts';
import type { RolloutMetrics } from './metrics.ts';
import { createPace } from './pace.ts';
import { firstMemory, type TurnContext, turn } from './turn.ts';
import { once, type World, watchWorld } from './world.ts';
import { createWrites, LeadLost, Outdated } from './writes.ts';

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

export interface RolloutController {
  /** Whether everything has been seen once. */
  isSynced(): boolean;
  leads(): boolean;
  /** Finishes the looks that have begun, gives the Lease back and ends every watch. `evidence`, `calls` and `rest` stay open. */
  stop(): Promise<void>;
}

export const leaseName = 'parley-rollouts';

const tickMs = 100;
/** With many attempts at once each is looked at less often, so that all of them together cost the same. */
const tickOfEachMs = 1;
const lastRetryMs = 2000;

/**
 * Starts to carry rollouts out. Resolves as soon as it watches; a cluster without Rollouts is watched until it has some. Rejects when
 * the cluster does not answer.
 */
export async function startRolloutController(options: ControllerOptions): Promise<RolloutController> {
  const { rest, clock, log, lease, metrics } = options;
  const stop = new AbortController();
  const memories = new Map<string, Memory>();
  const running = new Set<string>();
  let election: Election | undefined;
  let synced = false;
  const leads = () => election?.leads() ?? false;
  const problem = once((text) => log.info('problem', { problem: text }));

  const queue: WorkQueue = createQueue({
    clock,
    lastRetryMs,
    work: (key) => look(key),
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

  const phases = spread();
  const forget = (key: string) => {
    memories.get(key)?.watching.close();
    memories.get(key)?.smoke.ask(undefined);
    memories.delete(key);
    running.delete(key);
    context.pace.forget(key);
  };

  const look = async (key: string): Promise<number | undefined> => {
    const [namespace = '', name = ''] = key.split('/');
    const rollout = world.rollout(namespace, name);
    if (!rollout) metrics.forget(namespace, name);
    if (!rollout || !leads()) return forget(key) as undefined;
    if (memories.get(key)?.uid !== rollout.metadata.uid) forget(key);
    const memory = memories.get(key) ?? firstMemory(key, rollout, context, phases());
    memories.set(key, memory);
    const nowMs = clock.now();
    if (memory.dueMs !== undefined && nowMs >= memory.dueMs) metrics.late(nowMs - memory.dueMs);
    memory.dueMs = undefined;
    try {
      const more = await turn(key, memory, rollout, context);
      if (!more) return forget(key) as undefined;
    } catch (error) {
      if (error instanceof LeadLost) return forget(key) as undefined;
      if (error instanceof Outdated) return 1;
      throw error;
    }
    if (isRunning(memory.state)) running.add(key);
    const afterMs = clock.now();
    memory.dueMs = nextTick(afterMs, Math.max(tickMs, running.size * tickOfEachMs), memory.phase);
    return memory.dueMs - afterMs;
  };

  const onLead = (leading: boolean) => {
    log.info(leading ? 'leads' : 'only watches', { lease: `${lease.namespace}/${leaseName}` });
    for (const key of [...memories.keys()]) if (!leading) forget(key);
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

/** Numbers of 0..1, each as far from those before it as can be: the golden ratio's multiples. */
function spread(): () => number {
  let last = 0;
  return () => {
    last = (last + 0.618_033_988_75) % 1;
    return last;
  };
}

/**
 * When it is looked at next, half an interval from now at the earliest. Each rollout has its own place within the interval, so that many
 * that began together are not due together. @param phase 0..1
 */
export function nextTick(nowMs: number, intervalMs: number, phase: number): number {
  const begin = Math.floor(nowMs / intervalMs) * intervalMs + phase * intervalMs;
  const due = [begin, begin + intervalMs, begin + 2 * intervalMs].find((at) => at - nowMs >= intervalMs / 2);
  return Math.ceil(due ?? nowMs + intervalMs);
}

const hasAny = (world: World): boolean => world.rollouts()[Symbol.iterator]().next().done === false;
