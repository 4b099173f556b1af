import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type MeshName, meshNames } from '../../mesh/intent.ts';
import type { CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { didYouMean } from '../suggest.ts';
import { type Target, type TargetName, targetNames } from './target.ts';

const run = promisify(execFile);
const askMs = 3000;

export interface Choice {
  readonly name: TargetName;
  /** Why this one: `--target`, or what was found on the machine. */
  readonly why: string;
}

/** `wanted` (--target, else TARGET) if given; else kind when a Docker engine answers and `kind` is on PATH, else embedded. */
export async function chooseTarget(env: CommandContext['env'], wanted: string | undefined): Promise<Choice> {
  const named = wanted ?? (env.TARGET || undefined);
  if (named !== undefined) return { name: known(named, targetNames, 'target'), why: 'as asked' };
  if (!(await answers('docker', ['version', '--format', '{{.Server.Version}}'], env))) {
    return { name: 'embedded', why: 'no Docker engine answers' };
  }
  if (!(await answers('kind', ['version'], env))) return { name: 'embedded', why: '`kind` is not on PATH' };
  return { name: 'kind', why: 'a Docker engine answers and `kind` is on PATH' };
}

/** `wanted` (--mesh, else MESH), else istio. */
export function chooseMesh(env: CommandContext['env'], wanted: string | undefined): MeshName {
  return known(wanted ?? (env.MESH || 'istio'), meshNames, 'mesh');
}

export async function openTarget(name: TargetName): Promise<Target> {
  return name === 'kind' ? (await import('./kind.ts')).kindTarget : (await import('./embedded.ts')).embeddedTarget;
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

function known<T extends string>(word: string, names: readonly T[], what: string): T {
  const found = names.find((name) => name === word);
  if (found) return found;
  throw usageFailure(`${word}: unknown ${what}.${didYouMean(word, names)}`, `Known: ${names.join(', ')}.`);
}
