import { readProcess } from './proc.ts';
import { removeRecord } from './record.ts';
import { kill, sweep } from './sweep.ts';
import type { ProcessExit, ProcessHandle } from './types.ts';

/** Builds the handle of a process that runs now, spawned or adopted. The record goes when the process has ended. */
export function processHandle(
  child: { readonly pid: number; readonly startTime: string; readonly marker: string; readonly recordFile: string },
  ended: Promise<ProcessExit>,
): ProcessHandle {
  let gone = false;
  const exited = ended.then((exit) => {
    gone = true;
    removeRecord(child.recordFile);
    return exit;
  });
  const signal: ProcessHandle['signal'] = (name) => {
    if (!gone && readProcess(child.pid)?.startTime === child.startTime) kill(-child.pid, name);
  };
  return {
    pid: child.pid,
    exited,
    signal,
    async stop(graceMs) {
      signal('SIGTERM');
      await within(exited, graceMs);
      await sweep(child.marker);
      return exited;
    },
  };
}

/** Resolves when `promise` does or when `ms` have passed, whichever is first. */
async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
