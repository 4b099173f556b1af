import { listProcesses, type ProcessEntry, readProc, withDescendants } from './proc.ts';

/** CPU and memory of one process tree. */
export interface ProcessUsage {
  /** CPU time so far, of the tree and of its children that ended, in milliseconds. */
  readonly cpuMs: number;
  /** Proportional set size: shared pages count once over all who share them. The resident set where the kernel does not tell. */
  readonly memoryBytes: number;
}

const msPerTick = 10;
const pageBytes = 4096;

/** Usage of the trees below `roots`. Pass one `table` to measure many trees with a single look at /proc. */
export function usage(roots: Iterable<number>, table: readonly ProcessEntry[] = listProcesses()): ProcessUsage {
  const tree = withDescendants(table, roots);
  let cpuTicks = 0;
  let memoryBytes = 0;
  for (const entry of table) {
    if (!tree.has(entry.pid)) continue;
    cpuTicks += entry.cpuTicks;
    memoryBytes += residentBytes(entry.pid);
  }
  return { cpuMs: cpuTicks * msPerTick, memoryBytes };
}

function residentBytes(pid: number): number {
  const rollup = readProc(`/proc/${pid}/smaps_rollup`);
  const pss = rollup === undefined ? null : /^Pss:\s+(\d+) kB$/m.exec(rollup);
  if (pss?.[1] !== undefined) return Number(pss[1]) * 1024;
  const pages = readProc(`/proc/${pid}/statm`)?.split(' ')[1];
  return pages === undefined ? 0 : Number(pages) * pageBytes;
}
