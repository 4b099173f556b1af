import type { RolloutResource } from '../resource/rollout.ts';
import { StateUnknown } from '../resource/status.ts';
import { isRunning, type Memory } from './memory.ts';
import { firstMemory, type TurnContext, turn } from './turn.ts';
import { LeadLost, Outdated, WriteRefused } from './writes.ts';

/** All rollouts that something is to be done about. */
export interface Looks {
  /** One look at the rollout `<namespace>/<name>`; resolves to the milliseconds after which it is due again, if it is. */
  look(key: string): Promise<number | undefined>;
  /** Somebody else leads: what is known here is not worth anything any more. */
  forgetAll(): void;
}

const tickMs = 100;
/** With many attempts at once each is looked at less often, so that all of them together cost the same. */
const tickOfEachMs = 1;

/** @param leads asked before each look. */
export function createLooks(context: TurnContext, leads: () => boolean): Looks {
  const { world, clock, metrics, pace } = context;
  const memories = new Map<string, Memory>();
  const running = new Set<string>();
  const phases = spread();

  const forget = (key: string): undefined => {
    memories.get(key)?.watching.close();
    memories.get(key)?.gates.forget([]);
    memories.delete(key);
    running.delete(key);
    pace.forget(key);
  };

  /** What is told already is not told again: an Event's name follows from its words. */
  const tell = (rollout: RolloutResource, { code, message, hint }: WriteRefused | StateUnknown) =>
    context.events.record(rollout, [{ type: 'Warning', reason: code, message: `${message}; ${hint}` }]);
  /** What is to be done after a look that failed; throws what is to be tried again ever later. */
  const failed = async (key: string, rollout: RolloutResource, error: unknown) => {
    if (error instanceof LeadLost) return forget(key);
    if (error instanceof Outdated) return 1;
    if (error instanceof WriteRefused || error instanceof StateUnknown) tell(rollout, error);
    if (!(error instanceof StateUnknown) || !rollout.metadata.deletionTimestamp) throw error;
    // Whoever deletes it was told to put the routes right first; nothing else could be taken back by it.
    await context.writes.finalizer(rollout, false);
    return forget(key);
  };

  return {
    async look(key) {
      const [namespace = '', name = ''] = key.split('/');
      const rollout = world.rollout(namespace, name);
      if (!rollout) metrics.forget(namespace, name);
      if (!rollout || !leads()) return forget(key);
      if (memories.get(key)?.uid !== rollout.metadata.uid) forget(key);
      try {
        const memory = memories.get(key) ?? firstMemory(key, rollout, context, phases());
        memories.set(key, memory);
        const nowMs = clock.now();
        if (memory.dueMs !== undefined && nowMs >= memory.dueMs) metrics.late(nowMs - memory.dueMs);
        memory.dueMs = undefined;
        if (!(await turn(key, memory, rollout, context))) return forget(key);
        if (isRunning(memory.state)) running.add(key);
        const afterMs = clock.now();
        memory.dueMs = nextTick(afterMs, Math.max(tickMs, running.size * tickOfEachMs), memory.phase);
        return memory.dueMs - afterMs;
      } catch (error) {
        return failed(key, rollout, error);
      }
    },
    forgetAll() {
      for (const key of [...memories.keys()]) forget(key);
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
