import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../cli/failure.ts';
import { spawnProcess } from '../local/process/spawn.ts';
import { usage } from '../local/process/usage.ts';
import type { Clock } from '../verify/load/clock.ts';

/** A process that the bench started. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** What it wrote to stdout and stderr, its end. */
  log(): string;
}

export interface ProgramSpec {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** Working directory; made if it is not there. Log and record are kept in it. */
  readonly dir: string;
  readonly env?: Readonly<Record<string, string>>;
}

const graceMs = 5_000;

/** Starts a process that ends with all that it forked when it is disposed of. */
export function startProgram(spec: ProgramSpec): Program {
  mkdirSync(spec.dir, { recursive: true, mode: 0o700 });
  const logFile = path.join(spec.dir, `${path.basename(spec.name)}.log`);
  const handle = spawnProcess({
    name: spec.name,
    argv: spec.argv,
    cwd: spec.dir,
    env: { PATH: process.env.PATH ?? '', ...spec.env },
    logFile,
    recordFile: path.join(spec.dir, `${path.basename(spec.name)}.process.json`),
    marker: `bench-${process.pid}-${spec.dir}-${spec.name}`,
  });
  return {
    pid: handle.pid,
    log: () => readFileSync(logFile, 'utf8').slice(-600),
    [Symbol.asyncDispose]: async () => {
      await handle.stop(graceMs);
    },
  };
}

/** The Node that runs the bench, with a program of the bench. */
export function nodeProgram(file: string, ...args: readonly string[]): [string, ...string[]] {
  return [process.execPath, '--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, file), ...args];
}

/** CPU time so far of some processes and all that they forked, in milliseconds; the kernel counts in steps of 10 ms. */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + usage([pid]).cpuMs, 0);
}

/** Proportional set size of processes and all that they forked, in MB (10^6 bytes). */
export function pssMb(pids: readonly number[]): number {
  return usage(pids).memoryBytes / 1e6;
}

/** Polls until `attempt` resolves. Throws `Failure` with its last error when `timeoutMs` is over. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  clock: Clock,
  attempt: () => Promise<T>,
  pollMs = 20,
): Promise<T> {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (clock.now() >= deadline)
        throw new Failure('NotReached', `${what}: not within ${timeoutMs} ms`, { cause: error });
      await clock.sleep(pollMs);
    }
  }
}
