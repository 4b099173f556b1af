/** What came of one call. */
export type Answer =
  | {
      readonly kind: 'answered';
      /** HTTP status, or the status code of gRPC. */
      readonly status: number;
      /** The body; of gRPC the message as protobuf's JSON. */
      readonly text: string;
      /** The release that says it answered (mesh/release-header.ts). */
      readonly release: string | undefined;
    }
  /** A connection was there, and no answer within the time. */
  | { readonly kind: 'silent'; readonly reason: string };

/** Whose an answer is. `edge`: nobody says so, and it reads like what a proxy says that has nowhere to send a request to. */
export type AnswerOf = 'wanted' | 'other' | 'edge';

const notFound = 404;
const unavailable = 503;
const grpcUnimplemented = 12;
const grpcUnavailable = 14;
const saidByProxies: Readonly<Record<'http' | 'grpc', ReadonlySet<number>>> = {
  http: new Set([notFound, unavailable]),
  grpc: new Set([grpcUnimplemented, grpcUnavailable]),
};

/** Tells an answer of the release that was called from one of another release and from one of the edge. */
export function answerOf(answer: Answer, wanted: string, protocol: 'http' | 'grpc'): AnswerOf {
  if (answer.kind === 'silent') return 'wanted';
  if (answer.release !== undefined) return answer.release === wanted ? 'wanted' : 'other';
  return saidByProxies[protocol].has(answer.status) ? 'edge' : 'wanted';
}

/** Whether the answer says that the edge has no rule for the call, rather than no Pod. */
export function saysNoRoute(answer: Answer): boolean {
  return answer.kind === 'answered' && [notFound, grpcUnimplemented].includes(answer.status);
}
