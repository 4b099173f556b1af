import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { readTraceparent, type TraceContext } from './trace-context.ts';

/** What is known of one incoming call; handed to whatever is called on its behalf. */
export interface Call {
  /** The server span's context: parent of the spans of onward calls. */
  readonly trace: TraceContext;
  /** The `Authorization` header, passed on unchanged. */
  readonly authorization?: string;
  /**
   * The `x-request-id` header, passed on unchanged: the first Envoy writes into it whether the request is traced, and the others do as it
   * says (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-request-id).
   */
  readonly requestId?: string;
  /** Service account of the caller as the mesh vouches for it, else `unknown`. */
  readonly caller: string;
  /** Aborted when the caller has gone or its deadline has passed. */
  readonly signal: AbortSignal;
  /** Low-cardinality name for metrics and spans, set by whoever routes: `GET /v1/accounts/{id}`. */
  operation: string;
  contract: string;
  /** Set when the answer is a failure although its status is not. */
  failed?: boolean;
}

const calls = new WeakMap<IncomingMessage, Call>();

export function attachCall(request: IncomingMessage, call: Call): void {
  calls.set(request, call);
}

/** The call of a request that came through `httpServer`. */
export function callOf(request: IncomingMessage): Call {
  const call = calls.get(request);
  if (!call) throw new TypeError('this request did not come through httpServer');
  return call;
}

/** The trace in W3C headers, if there is one. */
export function traceOf(headers: IncomingHttpHeaders | Headers): TraceContext | undefined {
  if (headers instanceof Headers) {
    return readTraceparent(headers.get('traceparent') ?? undefined, headers.get('tracestate') ?? undefined);
  }
  const { traceparent, tracestate } = headers;
  return readTraceparent(one(traceparent), one(tracestate));
}

/** Headers that go with every call that is made on behalf of another one. */
export function onwardHeaders(call: Pick<Call, 'authorization' | 'requestId'> | undefined): Record<string, string> {
  return {
    ...(call?.authorization === undefined ? {} : { authorization: call.authorization }),
    ...(call?.requestId === undefined ? {} : { 'x-request-id': call.requestId }),
  };
}

/**
 * The caller by the header that the sidecar sets: Envoy `x-forwarded-client-cert` (`...;URI=spiffe://td/ns/x/sa/orders`) or Linkerd
 * `l5d-client-id` (`orders.exchange.serviceaccount.identity.linkerd.cluster.local`). For metrics only, never to decide access.
 */
export function callerOf(forwardedCertificate: string | undefined, linkerdId: string | undefined): string {
  const account = /URI=spiffe:\/\/[^;,]*\/sa\/([a-z0-9-]{1,63})/.exec(forwardedCertificate ?? '')?.[1];
  return account ?? /^([a-z0-9-]{1,63})\./.exec(linkerdId ?? '')?.[1] ?? 'unknown';
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
