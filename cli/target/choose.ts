import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { stateFolder } from '../state-folder.ts';
import { oneOf } from '../suggest.ts';
import { readRecord, type TargetRecord } from './record.ts';
import { type Target, type TargetName, targetNames } from './target.ts';

const run = promisify(execFile);
const askMs = 3000;

export interface Choice {
  readonly name: TargetName;
  /** Why this one: `--target`, or what was found on the machine. */
  readonly why: string;
  /** What this state folder has of it already. */
  readonly record?: TargetRecord;
}

/** `wanted` (--target, else TARGET) if given; else what this state folder has already; else kind when a Docker engine answers and `kind` is on PATH, else embedded. */
export async function chooseTarget(
  context: Pick<CommandContext, 'env' | 'repo'>,
  wanted: string | undefined,
  contextName?: string,
): Promise<Choice> {
  const { env } = context;
  const found = readRecord(stateFolder(context));
  const record = found && Object.keys(found.made).length > 0 ? found : undefined;
  const asked = contextName === undefined ? (wanted ?? (env.TARGET || undefined)) : (wanted ?? 'context');
  if (asked !== undefined) {
    const name = oneOf(asked, targetNames, 'target');
    if (contextName !== undefined && name !== 'context') {
      throw usageFailure(
        `--target ${name} and --context ${contextName}: one of them is enough.`,
        'Write for example --context my-cluster',
      );
    }
    return { name, why: 'as asked', ...(record?.target === name ? { record } : {}) };
  }
  if (record) return { name: record.target, why: 'this state folder has it', record };
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
