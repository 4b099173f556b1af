import type { Clock } from '../clock.ts';
import type { ProcessExit, ProcessHandle } from '../process/types.ts';

const restartFirstMs = 20;
const restartLongestMs = 10_000;
/** A process that lived so long starts its back-off anew. */
const steadyMs = 10_000;
const stopMs = 2000;

export interface Supervisor {
  /** The process is there and was ready. */
  readonly running: boolean;
  /** Aborted when the present process has ended. */
  readonly ended: AbortSignal;
  /** Starts the process; rejects, with nothing left running, when it does not get ready. */
  launch(): Promise<void>;
  /** Takes over a process that runs already. */
  adopt(handle: ProcessHandle): void;
  /** Looks after it no longer; it runs on. */
  release(): void;
  /** Ends the present process and starts none. `launch` may follow. */
  end(): Promise<void>;
}

/** Keeps one process running: a process that ends is started again, at once and then with growing pauses. */
export function supervise(options: {
  readonly clock: Clock;
  readonly spawn: () => ProcessHandle;
  /** Rejects when the process will not do. */
  readonly ready: (ended: AbortSignal) => Promise<void>;
  readonly onRestart: (exit: ProcessExit) => void;
  /** A process that ended is back. */
  readonly onBack: () => void;
  readonly onFailure: (error: Error) => void;
}): Supervisor {
  const { clock } = options;
  let handle: ProcessHandle | undefined;
  let ended = new AbortController();
  let wanted = false;
  let ready = false;
  let backoffMs = restartFirstMs;
  let cancel: () => void = () => undefined;
  /** Grows when the owner ends or lets go: a start that is under way then comes to nothing. */
  let epoch = 0;

  const later = () => {
    cancel = clock.after(backoffMs, () => void again());
    backoffMs = Math.min(backoffMs * 2, restartLongestMs);
  };
  const again = async () => {
    const own = epoch;
    try {
      await launch();
      options.onBack();
    } catch (error) {
      if (own !== epoch) return;
      options.onFailure(error as Error);
      wanted = true;
      later();
    }
  };
  const watch = (running: ProcessHandle) => {
    const own = new AbortController();
    const startedMs = clock.now();
    handle = running;
    ended = own;
    void running.exited.then((exit) => {
      own.abort();
      if (handle !== running) return;
      handle = undefined;
      ready = false;
      if (!wanted) return;
      if (clock.now() - startedMs > steadyMs) backoffMs = restartFirstMs;
      options.onRestart(exit);
      later();
    });
  };
  const stopPresent = async () => {
    wanted = false;
    cancel();
    const running = handle;
    handle = undefined;
    ready = false;
    await running?.stop(stopMs);
  };
  const launch = async () => {
    const own = epoch;
    watch(options.spawn());
    try {
      await options.ready(ended.signal);
      if (own !== epoch) throw new Error('ended while it was started');
      wanted = true;
      ready = true;
    } catch (error) {
      if (own === epoch) await stopPresent();
      throw error;
    }
  };
  return {
    get running() {
      return ready;
    },
    get ended() {
      return ended.signal;
    },
    launch,
    adopt(running) {
      wanted = true;
      watch(running);
      ready = true;
    },
    release() {
      epoch += 1;
      wanted = false;
      cancel();
      handle = undefined;
    },
    async end() {
      epoch += 1;
      await stopPresent();
    },
  };
}
