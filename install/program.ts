import { type ChildProcess, spawn } from 'node:child_process';
import { InstallError } from './install-error.ts';

export interface ProgramCall {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment of the program; PATH in it says where it is looked for. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  /** Ends the program and everything that it started. */
  readonly signal: AbortSignal;
  /** What to type when the program fails. */
  readonly hint: string;
  /** What to type when the program is not there; absent: `hint`. */
  readonly missingHint?: string;
  /** Gets each line that the program writes, on either stream. Given: stdout is progress; absent: it is a result, which errors never show. */
  readonly onLine?: (line: string) => void;
}

/** Lines of a failed program that its error shows. */
const shownLines = 15;
/** From SIGTERM to SIGKILL for a program that was told to end. */
const graceMs = 5000;

/**
 * Runs a program to its end and returns what it wrote on stdout. Throws InstallError: `ProgramMissing` when it is not on PATH,
 * `ProgramFailed` when it exits otherwise than with 0 (the message is the command line, the cause the last lines that it wrote
 * on stderr, and on stdout too when that is progress: a result may hold keys).
 * When the signal fires, the program's process group gets SIGTERM, then SIGKILL, and the signal's reason is thrown.
 */
export async function callProgram(call: ProgramCall): Promise<string> {
  const { program, args, env, signal } = call;
  signal.throwIfAborted();
  const child = spawn(program, [...args], { env: { ...env }, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const written = listen(child, call.onLine);
  // A program may exit without reading its input; its exit code then says how that was.
  child.stdin?.on('error', () => {});
  child.stdin?.end(call.stdin ?? '');
  const stopEnding = endWith(child, signal);
  try {
    const { code, killedBy } = await exitOf(child, call);
    signal.throwIfAborted();
    if (code === 0) return written.stdout();
    const how = killedBy ? `ended by ${killedBy}` : `exit code ${code}`;
    throw new InstallError('ProgramFailed', `${[program, ...args].join(' ')}: ${how}`, {
      cause: new Error(written.tail() || 'it wrote nothing'),
      hint: call.hint,
    });
  } finally {
    stopEnding();
  }
}

function exitOf(child: ChildProcess, call: ProgramCall): Promise<{ code: number | null; killedBy: string | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const { program, hint, missingHint = hint } = call;
      const missing = cause.code === 'ENOENT';
      reject(
        missing
          ? new InstallError('ProgramMissing', `${program} is not on PATH`, { cause, hint: missingHint })
          : new InstallError('ProgramFailed', `${program} cannot be started`, { cause, hint }),
      );
    });
    child.once('close', (code, killedBy) => resolve({ code, killedBy }));
  });
}

/** Ends the process group when the signal fires, and when this process exits before the program has. */
function endWith(child: ChildProcess, signal: AbortSignal): () => void {
  let killTimer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    killGroup(child, 'SIGTERM');
    killTimer = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs);
  };
  const onExit = () => killGroup(child, 'SIGTERM');
  signal.addEventListener('abort', onAbort, { once: true });
  process.once('exit', onExit);
  return () => {
    clearTimeout(killTimer);
    signal.removeEventListener('abort', onAbort);
    process.removeListener('exit', onExit);
  };
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // Gone already: that is what was wanted.
  }
}

function listen(child: ChildProcess, onLine: ProgramCall['onLine']) {
  const chunks: string[] = [];
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    const take = (line: string) => {
      if (line.trim() === '') return;
      onLine?.(line);
      if (stream === child.stdout && !onLine) return;
      lines.push(line);
      if (lines.length > shownLines) lines.shift();
    };
    stream?.setEncoding('utf8').on('data', (text: string) => {
      if (stream === child.stdout) chunks.push(text);
      const parts = `${rest}${text}`.split(/\r?\n|\r/);
      rest = parts.pop() ?? '';
      parts.forEach(take);
    });
    stream?.once('end', () => take(rest));
  }
  return { stdout: () => chunks.join(''), tail: () => lines.join('\n') };
}
