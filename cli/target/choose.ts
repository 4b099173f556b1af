import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { oneOf } from '../up/settings.ts';
import { type Target, type TargetName, targetNames } from './target.ts';

const run = promisify(execFile);
const askMs = 3000;

export interface Choice {
  readonly name: TargetName;
  /** Why this one: `--target`, or what was found on the machine. */
  readonly why: string;
}

/** `wanted` (--target, else TARGET) if given; else kind when a Docker engine answers and `kind` is on PATH, else embedded. */
export async function chooseTarget(
  env: CommandContext['env'],
  wanted: string | undefined,
  contextName?: string,
): Promise<Choice> {
  if (contextName !== undefined) {
    if (wanted === undefined || wanted === 'context') return { name: 'context', why: 'as asked' };
    throw usageFailure(
      `--target ${wanted} and --context ${contextName}: one of them is enough.`,
      'Write for example --context my-cluster',
    );
  }
  const named = wanted ?? (env.TARGET || undefined);
  if (named !== undefined) return { name: oneOf(named, targetNames, 'target'), why: 'as asked' };
  if (!(await answers('docker', ['version', '--format', '{{.Server.Version}}'], env))) {
    return { name: 'embedded', why: 'no Docker engine answers' };
  }
  if (!(await answers('kind', ['version'], env))) return { name: 'embedded', why: '`kind` is not on PATH' };
  return { name: 'kind', why: 'a Docker engine answers and `kind` is on PATH' };
}

export async function openTarget(name: TargetName): Promise<Target> {
  const loaders: Record<TargetName, () => Promise<Target>> = {
    embedded: async () => (await import('./embedded.ts')).embeddedTarget,
    kind: async () => (await import('./kind.ts')).kindTarget,
    context: async () => (await import('./context.ts')).contextTarget,
  };
  return loaders[name]();
}

/** Whether a program is there and exits 0. */
export async function answers(program: string, args: readonly string[], env: CommandContext['env']): Promise<boolean> {
  try {
    await run(program, [...args], { env: { ...env }, timeout: askMs });
    return true;
  } catch {
    return false; // Not installed, or its engine does not answer: either way it cannot be used.
  }
}
