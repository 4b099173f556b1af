import { rmSync } from 'node:fs';
import path from 'node:path';
import { spawnProcess } from '../process/spawn.ts';
import { sweep } from '../process/sweep.ts';
import type { Command } from './command.ts';
import { lastLines } from './log-files.ts';

let counter = 0;

/** Runs a command beside a container, in its environment; ends it and all that it started when `signal` aborts. */
export async function execBeside(
  place: { readonly name: string; readonly dir: string; readonly marker: string },
  { env, cwd }: Omit<Command, 'argv'>,
  command: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly code: number; readonly output: string }> {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('exec.command is empty');
  counter += 1;
  const files = path.join(place.dir, `exec-${counter}`);
  const marker = `${place.marker}/exec-${counter}`;
  const spec = { name: place.name, cwd, env, logFile: `${files}.log`, recordFile: `${files}.json`, marker };
  const child = spawnProcess({ ...spec, argv: [file, ...args] });
  const abort = () => child.signal('SIGKILL');
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    const { code = 137 } = await child.exited;
    if (signal.aborted) await sweep(marker);
    return { code, output: lastLines(spec.logFile, 5, 1024) };
  } finally {
    signal.removeEventListener('abort', abort);
    rmSync(spec.logFile, { force: true });
  }
}
