import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface RunOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  /** A program that takes longer is ended with SIGKILL and the run throws with what it had said. */
  readonly timeoutMs?: number;
}

/** A program that runs: what it has said so far, and its end. */
export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly finished: Promise<Finished>;
}

/** Starts a program without a shell; its whole environment is `options.env`. */
export function start(argv: readonly string[], options: RunOptions): Running {
  const [file, ...args] = argv;
  if (file === undefined) throw new TypeError('argv is empty');
  const startedAt = performance.now();
  const child = spawn(file, args, { env: { ...options.env }, cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  const said = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (chunk: Buffer) => said.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.stderr.push(chunk));
  child.stdin.on('error', () => {
    // The program ended before it read its input; its exit code tells.
  });
  child.stdin.end(options.stdin);
  const stdout = () => Buffer.concat(said.stdout).toString('utf8');
  const stderr = () => Buffer.concat(said.stderr).toString('utf8');
  return {
    child,
    stdout,
    stderr,
    finished: ending(child, argv, options.timeoutMs ?? 120_000, startedAt, { stdout, stderr }),
  };
}

async function ending(
  child: ChildProcess,
  argv: readonly string[],
  timeoutMs: number,
  startedAt: number,
  said: { stdout(): string; stderr(): string },
): Promise<Finished> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (late)
      throw new Error(`${argv.join(' ')}: not finished after ${timeoutMs} ms\n${said.stdout()}\n${said.stderr()}`);
    return { code, signal, stdout: said.stdout(), stderr: said.stderr(), durationMs: performance.now() - startedAt };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program to its end, whatever its exit code. */
export function run(argv: readonly string[], options: RunOptions): Promise<Finished> {
  return start(argv, options).finished;
}

/** Runs a program that must exit 0; throws with everything it said otherwise. */
export async function succeed(argv: readonly string[], options: RunOptions): Promise<Finished> {
  const finished = await run(argv, options);
  if (finished.code !== 0) throw new Error(describe(argv, finished));
  return finished;
}

/** Command line, exit and output in one text, for messages. */
export function describe(argv: readonly string[], finished: Finished): string {
  const end = finished.signal ?? `exit ${finished.code}`;
  return `${argv.join(' ')}: ${end} after ${Math.round(finished.durationMs)} ms\n${finished.stdout}\n${finished.stderr}`;
}
