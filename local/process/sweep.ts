import { listProcesses, readMarker, readProcess, withDescendants } from './proc.ts';
import { errnoOf, ProcessError } from './process-error.ts';

const sweepDeadlineMs = 10_000;

/**
 * Ends every process of this machine that carries `PARLEY_POD=<marker>`, and what descends from it: also one that left its
 * group by setsid. All are stopped before any is killed, so that a Pod that forks without end cannot outrun it.
 * Resolves when none is left. Throws `ProcessError` ESWEEP with the pids when some cannot be ended.
 */
export function sweep(marker: string): Promise<number> {
  return end((candidate) => candidate === marker, marker);
}

/** Like `sweep` for a whole Pod: the markers `<uid>` and `<uid>/<anything>`. */
export function sweepPod(uid: string): Promise<number> {
  return end((candidate) => candidate === uid || candidate.startsWith(`${uid}/`), uid);
}

/** The pids that carry this very marker, without their descendants. */
export function marked(marker: string): number[] {
  return listProcesses()
    .filter((entry) => readMarker(entry.pid) === marker)
    .map((entry) => entry.pid);
}

async function end(matches: (marker: string) => boolean, label: string): Promise<number> {
  const frozen = new Map<number, string>();
  while (freezeNew(matches, frozen)) {
    // Each round can only find what was forked before its parent was stopped.
  }
  for (const [pid, startTime] of frozen) {
    if (readProcess(pid)?.startTime === startTime) kill(pid, 'SIGKILL');
  }
  const alive = () => [...frozen].filter(([pid, startTime]) => readProcess(pid)?.startTime === startTime);
  for (let waitedMs = 0; alive().length > 0; waitedMs += 5) {
    if (waitedMs > sweepDeadlineMs) {
      const pids = alive().map(([pid]) => pid);
      throw new ProcessError(
        'ESWEEP',
        `cannot end processes ${pids.join(', ')} of ${label}`,
        `kill -9 ${pids.join(' ')}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return frozen.size;
}

function freezeNew(matches: (marker: string) => boolean, frozen: Map<number, string>): boolean {
  const table = listProcesses();
  const roots = table.filter((entry) => {
    if (frozen.has(entry.pid)) return true;
    const marker = readMarker(entry.pid);
    return marker !== undefined && matches(marker);
  });
  const tree = withDescendants(
    table,
    roots.map((entry) => entry.pid),
  );
  tree.delete(process.pid);
  const fresh = table.filter((entry) => tree.has(entry.pid) && frozen.get(entry.pid) !== entry.startTime);
  for (const entry of fresh) {
    kill(entry.pid, 'SIGSTOP');
    frozen.set(entry.pid, entry.startTime);
  }
  return fresh.length > 0;
}

/** Sends a signal; false when there is no such process (or group, for a negative pid) any more. */
export function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
    throw error;
  }
}
