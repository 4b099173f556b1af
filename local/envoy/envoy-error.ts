/** No usable Envoy, or a machine that cannot run enough of them; `hint` is what to type. */
export class EnvoyError extends Error {
  readonly code = 'EENVOY';
  readonly hint: string;

  constructor(message: string, hint: string, cause?: unknown) {
    super(`${message}; ${hint}`, { cause });
    this.name = 'EnvoyError';
    this.hint = hint;
  }
}
