import type { ExitName } from './exit-codes.ts';

/** The one error of the CLI: what failed (message), why (cause), what to type next (hint), and how it exits. */
export class Failure extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exit: ExitName;

  constructor(
    code: string,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown; readonly exit?: ExitName } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'Failure';
    this.code = code;
    this.hint = options.hint;
    this.exit = options.exit ?? 'failed';
  }
}

/** The command line cannot be understood; exits 2. */
export function usageFailure(message: string, hint?: string): Failure {
  return new Failure('Usage', message, { hint, exit: 'usage' });
}

/** Ctrl-C or SIGTERM; exits 130. */
export function interrupted(): Failure {
  return new Failure('Interrupted', 'interrupted', { exit: 'interrupted' });
}

/**
 * What a failure looks like on stderr: the message, then one `because` line for each cause, then the hint.
 * Errors of other parts bring their hint along in a `hint` field.
 */
export function describeFailure(error: unknown): string {
  const lines = [`parley: ${messageOf(error)}`];
  const seen = new Set<unknown>([error]);
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && cause !== null && !seen.has(cause)) {
    seen.add(cause);
    const text = messageOf(cause);
    if (!lines.some((line) => line.includes(text))) lines.push(`  because ${text}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  const hint = hintOf(error);
  if (hint && !lines.some((line) => line.includes(hint))) lines.push(`  ${hint}`);
  return `${lines.join('\n')}\n`;
}

function hintOf(error: unknown): string | undefined {
  const seen = new Set<unknown>();
  for (let each = error; each instanceof Error && !seen.has(each); each = each.cause) {
    if ('hint' in each && typeof each.hint === 'string') return each.hint;
    seen.add(each);
  }
  return undefined;
}

/** One line for any thrown value; an AggregateError (a connection tried on several addresses) lists its parts. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}
