/** The daemon cannot start or go on: what, and what to type. */
export class DaemonError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DaemonError';
    this.code = code;
    this.hint = hint;
  }
}
