import { readdirSync, readFileSync } from 'node:fs';
import { errnoOf } from './process-error.ts';

/** The variable that marks every process of a Pod; it is inherited by whatever the Pod forks. */
export const markerVariable = 'PARLEY_POD';

/** One process as /proc/<pid>/stat shows it (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html). */
export interface ProcessEntry {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  /** Clock ticks after boot; together with the pid it names one process for good. */
  readonly startTime: string;
  /** CPU time of the process and of its reaped children, in clock ticks (100 per second on every Linux that Node runs on). */
  readonly cpuTicks: number;
}

/** Parses a stat line. The command name is in parentheses and may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcessEntry {
  const close = text.lastIndexOf(')');
  const fields = text
    .slice(close + 2)
    .trim()
    .split(' ');
  const number = (index: number) => Number(fields[index]);
  return {
    pid: Number.parseInt(text, 10),
    state: fields[0] ?? '?',
    parent: number(1),
    startTime: fields[19] ?? '',
    cpuTicks: number(11) + number(12) + number(13) + number(14),
  };
}

/** The process with this pid; undefined when there is none, or when it is a zombie that only waits to be reaped. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const entry = parseStat(text);
  return entry.state === 'Z' || entry.state === 'X' ? undefined : entry;
}

/** Every living process of the machine. */
export function listProcesses(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

/** The marker of a process; undefined when it has none or belongs to another user. */
export function readMarker(pid: number): string | undefined {
  const environment = readProc(`/proc/${pid}/environ`);
  const prefix = `${markerVariable}=`;
  return environment
    ?.split('\0')
    .find((entry) => entry.startsWith(prefix))
    ?.slice(prefix.length);
}

/** The processes of `roots` and all that descend from them. */
export function withDescendants(table: readonly ProcessEntry[], roots: Iterable<number>): Set<number> {
  const children = Map.groupBy(table, (entry) => entry.parent);
  const found = new Set<number>();
  const open = [...roots];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    if (found.has(pid)) continue;
    found.add(pid);
    for (const child of children.get(pid) ?? []) open.push(child.pid);
  }
  return found;
}

/** Text of a file in /proc; undefined when the process is gone or is not ours to look into. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined;
    throw error;
  }
}
