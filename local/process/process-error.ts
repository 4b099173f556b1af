/** A process that could not be started, adopted or ended: which one, why (`code` is the errno or a word of ours), and what to do. */
export class ProcessError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, cause?: unknown) {
    super(`${message}; ${hint}`, { cause });
    this.name = 'ProcessError';
    this.code = code;
    this.hint = hint;
  }
}

const hints: Readonly<Record<string, string>> = {
  ENOENT: 'check the command of its image or of spec.containers[].command',
  EACCES: 'make the file executable for this user',
  ENOSPC: 'the disk is full: free some space (`df -h`), the next attempt follows by itself',
  EDQUOT: 'the disk quota is used up: free some space, the next attempt follows by itself',
  EMFILE: 'too many open files: raise `ulimit -n` and start again',
  ENFILE: 'too many open files on this machine: close some, the next attempt follows by itself',
  EAGAIN: 'no more processes allowed: raise `ulimit -u` or end some, the next attempt follows by itself',
};

/** Names a failed system call of a process start: `cannot start exchange/web app: spawn foo: ENOENT; check ...`. */
export function spawnFailure(name: string, what: string, cause: unknown): ProcessError {
  const code = errnoOf(cause) ?? 'ESPAWN';
  return new ProcessError(code, `cannot start ${name}: ${what}: ${code}`, hints[code] ?? 'see the cause', cause);
}

/** The errno word of a Node system error (`ENOENT`), undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
