import { randomBytes } from 'node:crypto';
import { rolloutHeader, rolloutHeaderValue } from '../../mesh/rollout-header.ts';
import { type Answer, type AnswerOf, answerOf } from './answer.ts';
import type { Caller } from './caller.ts';
import type { Credentials } from './credentials.ts';
import { differencesOf } from './expectation.ts';
import type { PlannedCall } from './planned-call.ts';

/** What a call to one release needs. */
export interface CallParts {
  readonly uid: string;
  readonly caller: Caller;
  /** Absent: calls carry no token. */
  readonly credentials: Credentials | undefined;
}

/** A call that was made to a release, and what came of it. */
export interface CallResult {
  readonly call: PlannedCall;
  readonly release: string;
  readonly answer: Answer;
  readonly of: AnswerOf;
  /** Empty: as expected. */
  readonly differences: readonly string[];
  readonly traceId: string;
}

/** Of HTTP, and UNAUTHENTICATED of gRPC. */
const unauthenticated = { http: 401, grpc: 16 } as const;

/** One call to a release, in a trace of its own that is recorded. Throws a CallError for what is not the release's doing, and the reason of `signal`. */
export async function callRelease(
  { uid, caller, credentials }: CallParts,
  call: PlannedCall,
  release: string,
  signal: AbortSignal,
): Promise<CallResult> {
  const token = await credentials?.token();
  signal.throwIfAborted();
  const traceId = randomBytes(16).toString('hex');
  const headers = {
    ...traceHeaders(traceId),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    [rolloutHeader]: rolloutHeaderValue(uid, release),
  };
  const answer = await caller.send(call, headers, signal);
  if (token !== undefined && answer.kind === 'answered' && answer.status === unauthenticated[call.protocol])
    credentials?.refused(token);
  const of = answerOf(answer, release, call.protocol);
  return { call, release, answer, of, differences: differences(call, answer), traceId };
}

/** A recorded trace: W3C Trace Context (https://www.w3.org/TR/trace-context/), and the header by which a client asks Envoy for it. */
function traceHeaders(traceId: string): Readonly<Record<string, string>> {
  return {
    traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
    'x-client-trace-id': traceId,
  };
}

function differences({ expect, protocol }: PlannedCall, answer: Answer): readonly string[] {
  return answer.kind === 'silent' ? [answer.reason] : differencesOf(expect, answer, protocol);
}

/** An answer of a service that does not name its release: then those that read like a proxy's may be its own as well. */
export function isNameless({ of, answer }: CallResult): boolean {
  return of === 'wanted' && answer.kind === 'answered' && answer.release === undefined;
}

/** `GET /v1/accounts`, and of gRPC `/grpc.health.v1.Health/Check`. */
export function titleOf({ protocol, method, path }: PlannedCall): string {
  return protocol === 'grpc' ? path : `${method} ${path}`;
}
