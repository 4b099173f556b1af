import type { CallTrouble } from './release-calls.ts';

/** Why a call was not made, or cannot be. `code` is one of those that `CallTrouble` lists. */
export class CallError extends Error {
  readonly code: CallErrorCode;
  readonly hint: string;
  /** It may be otherwise at the next attempt, without anybody doing anything. */
  readonly passing: boolean;

  constructor(code: CallErrorCode, reason: string, hint: string, cause?: unknown) {
    super(reason, { cause });
    this.name = 'CallError';
    this.code = code;
    this.hint = hint;
    this.passing = passingCodes.has(code);
  }
}

export type CallErrorCode =
  /** `spec.calls` says what cannot be called. */
  | 'CallsInvalid'
  /** A body or a JSON expectation of a gRPC method whose messages are not known here. */
  | 'GrpcMessageUnknown'
  /** The Secret is not there or lacks a key. */
  | 'NoCredentials'
  /** The token endpoint says that the client is wrong (RFC 6749, 5.2). */
  | 'TokenRefused'
  /** The token endpoint does not answer as RFC 6749 says. */
  | 'TokenUnavailable'
  /** No connection to the edge, or it broke. */
  | 'EdgeUnreachable'
  /** The answer is another release's, or the edge's own. */
  | 'NotRouted'
  /** The Secret cannot be read now. */
  | 'SecretUnreadable'
  /** None of these: a fault of the kit itself. */
  | 'CallFailed';

const passingCodes: ReadonlySet<CallErrorCode> = new Set([
  'TokenUnavailable',
  'EdgeUnreachable',
  'NotRouted',
  'SecretUnreadable',
]);

/** As it is told to people. */
export function troubleOf({ code, message, hint }: CallError): CallTrouble {
  return { code, reason: message, hint };
}

/** Whatever was thrown, as something that people can be told. */
export function callErrorOf(thrown: unknown): CallError {
  if (thrown instanceof CallError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new CallError('CallFailed', `a call could not be made: ${reason}`, 'see the log of the controller', thrown);
}
