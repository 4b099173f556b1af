/** An answer of an Envoy's admin interface that cannot be understood: which one, what of it (cause), and what to type next. */
export class AnswerError extends Error {
  readonly code = 'BadAnswer';
  readonly hint: string;

  constructor(path: string, cause: unknown) {
    super(`the answer to GET ${path} is not what Envoy's admin interface says`, { cause });
    this.name = 'AnswerError';
    this.hint = 'Type: parley version   (mesh/versions.ts lists the proxies that this kit knows)';
  }
}
