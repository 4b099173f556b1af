import { join } from 'node:path';
import { type Finished, type Running, run, start, succeed } from './program.ts';
import { kubectlBinary } from './tools/kubectl.ts';

const parleyProgram = join(import.meta.dirname, '../bin/parley');

/** What a user types at an exchange: `parley` and `kubectl` in the environment of one state folder. */
export interface Commands {
  readonly env: Readonly<Record<string, string>>;
  /** `parley ...`; throws unless it exits 0. */
  parley(...args: readonly string[]): Promise<Finished>;
  /** `parley ...` with any exit, and any other environment. */
  attempt(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
  /** `parley ...` that runs on. */
  begin(...args: readonly string[]): Running;
  /** `kubectl -n exchange ...`: its stdout; throws unless it exits 0. */
  kubectl(...args: readonly string[]): Promise<string>;
  attemptKubectl(args: readonly string[], stdin?: string): Promise<Finished>;
  /** `kubectl ...` that runs on. */
  beginKubectl(...args: readonly string[]): Running;
  /** `kubectl get ... -o json`. */
  get<T>(...args: readonly string[]): Promise<T>;
  /** A bearer token with some minutes left. */
  token(): Promise<string>;
}

export interface CommandOptions {
  /** All of it: nothing else is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Put before each command; default nothing. */
  readonly prefix?: readonly string[];
  /** Longest run of one `parley`; default two minutes. */
  readonly timeoutMs?: number;
}

/** The commands of one state folder; `env` names it. */
export async function openCommands({ env, prefix = [], timeoutMs }: CommandOptions): Promise<Commands> {
  const parleyLine = (args: readonly string[]) => [...prefix, parleyProgram, ...args];
  const binary = await kubectlBinary();
  const kubectlLine = (args: readonly string[]) => [...prefix, binary, '-n', 'exchange', ...args];
  const parley = (...args: readonly string[]) => succeed(parleyLine(args), { env, timeoutMs });
  const kubectl = async (...args: readonly string[]) => (await succeed(kubectlLine(args), { env })).stdout;
  return {
    env,
    parley,
    attempt: (args, more = {}) => run(parleyLine(args), { env: { ...env, ...more }, timeoutMs }),
    begin: (...args) => start(parleyLine(args), { env, timeoutMs: 600_000 }),
    kubectl,
    attemptKubectl: (args, stdin) => run(kubectlLine(args), { env, stdin }),
    beginKubectl: (...args) => start(kubectlLine(args), { env, timeoutMs: 1_800_000 }),
    get: async <T>(...args: readonly string[]) => JSON.parse(await kubectl('get', ...args, '-o', 'json')) as T,
    token: renewed(async () => (await parley('token')).stdout.trim()),
  };
}

/** Asks once, and again when the answer is old; a token lives ten minutes. */
function renewed(ask: () => Promise<string>): () => Promise<string> {
  const lifeMs = 240_000;
  let asked: { readonly answer: Promise<string>; readonly atMs: number } | undefined;
  return () => {
    if (!asked || performance.now() - asked.atMs > lifeMs) asked = { answer: ask(), atMs: performance.now() };
    return asked.answer;
  };
}

/** What a user's shell gives, without what the test runner and another exchange put into it. */
export function inherited(foreign: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || foreign.test(name) ? [] : [[name, value]],
    ),
  );
}
