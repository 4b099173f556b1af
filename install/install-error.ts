/** A step of an installation that failed: what, why (cause), and what to type next. */
export class InstallError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, options: { readonly hint: string; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'InstallError';
    this.code = code;
    this.hint = options.hint;
  }
}
