import type { Clock } from './clock.ts';

/** Keys that wait to be worked on. */
export interface WorkQueue {
  /** Asks for a run of this key, soon or after `delayMs`; asking again before it runs changes nothing. */
  add(key: string, delayMs?: number): void;
  /** Drops everything that waits and resolves when what runs has ended. */
  stop(): Promise<void>;
}

export interface QueueOptions {
  readonly clock: Clock;
  /** Works on one key; a number asks for another run after that many milliseconds. */
  readonly work: (key: string) => number | undefined | Promise<number | undefined>;
  /** Told of every failed run; the key runs again after `retryMs`. */
  readonly onError: (key: string, error: unknown, retryMs: number) => void;
  /** The longest wait after failures. Default 30 s. */
  readonly lastRetryMs?: number;
}

const firstRetryMs = 10;

/**
 * A work queue: a key runs serially with itself, any number of requests become one run, and a run that throws is repeated
 * after 10 ms, doubling to `lastRetryMs`, until it succeeds.
 */
export function createQueue({ clock, work, onError, lastRetryMs = 30_000 }: QueueOptions): WorkQueue {
  const due = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const timers = new Map<string, { readonly atMs: number; readonly cancel: () => void }>();
  const failures = new Map<string, number>();
  let scheduled = false;
  let stopped = false;

  const schedule = () => {
    if (scheduled || stopped) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      for (const key of [...due]) if (!running.has(key)) start(key);
    });
  };

  const start = (key: string) => {
    if (stopped) return;
    due.delete(key);
    const run = attempt(key).finally(() => {
      running.delete(key);
      if (due.has(key)) schedule();
    });
    running.set(key, run);
  };

  const attempt = async (key: string) => {
    try {
      const againMs = await work(key);
      failures.delete(key);
      if (againMs !== undefined) later(key, againMs);
    } catch (error) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const retryMs = Math.min(lastRetryMs, firstRetryMs * 2 ** count);
      later(key, retryMs);
      onError(key, error, retryMs);
    }
  };

  const later = (key: string, delayMs: number) => {
    if (stopped) return;
    const atMs = clock.now() + delayMs;
    const known = timers.get(key);
    if (known !== undefined && known.atMs <= atMs) return;
    known?.cancel();
    const cancel = clock.after(delayMs, () => {
      timers.delete(key);
      due.add(key);
      schedule();
    });
    timers.set(key, { atMs, cancel });
  };

  return {
    add(key, delayMs = 0) {
      if (stopped) return;
      if (delayMs > 0) return later(key, delayMs);
      due.add(key);
      schedule();
    },
    async stop() {
      stopped = true;
      due.clear();
      for (const { cancel } of timers.values()) cancel();
      timers.clear();
      await Promise.all(running.values());
    },
  };
}
