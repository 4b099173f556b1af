import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createContextKey,
  createContextValues,
  type Interceptor,
  type StreamResponse,
} from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { type Call, callerOf, traceOf } from './call.ts';
import { reasonOf } from './failure.ts';
import { releaseHeader } from './http-server.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { Problem } from './problem.ts';
import { newTrace } from './trace-context.ts';
import type { Span, Tracing } from './tracing.ts';

export interface GrpcServerParts {
  readonly release: string;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly log: Log;
  /** Faults of a rehearsal; inside metrics and spans, so that they show. */
  readonly faults?: Interceptor;
}

export interface ServedGrpc {
  readonly server: Http2Server;
  /** GOAWAY on every connection; resolves when the last stream has ended. */
  drain(): Promise<void>;
  abort(): void;
}

/** The call that a handler serves: `context.values.get(callKey)`. */
export const callKey = createContextKey<Call>({
  trace: newTrace(false),
  caller: 'unknown',
  signal: new AbortController().signal,
  operation: 'unmatched',
  contract: 'none',
});

const largestMessageBytes = 64 * 1024;
const longestTimeoutMs = 24 * 3_600_000;
const anyStream = 2 ** 31 - 1;

/** A server for gRPC, gRPC-Web and Connect over HTTP/2 without TLS. */
export function grpcServer(routes: (router: ConnectRouter) => void, parts: GrpcServerParts): ServedGrpc {
  const handler = connectNodeAdapter({
    routes,
    interceptors: [observed(parts), ...(parts.faults ? [parts.faults] : [])],
    readMaxBytes: largestMessageBytes,
    maxTimeoutMs: longestTimeoutMs,
    contextValues: () => createContextValues(),
  });
  const server = createServer({ settings: { maxConcurrentStreams: 1_000 } }, handler);
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', (cause) => parts.log.debug('a connection broke', { reason: cause.message }));
  });
  return {
    server,
    drain: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) goAway(session);
      return closed;
    },
    abort: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

/**
 * In two steps (RFC 9113 section 6.8): first a GOAWAY that refuses nothing, and when the other side has surely seen it, answered by its PING, one with
 * the last stream that was taken. A stream that is opened between the two is served.
 */
function goAway(session: ServerHttp2Session): void {
  if (session.closed || session.destroyed) return;
  session.goaway(0, anyStream);
  const sent = session.ping(() => session.close());
  if (!sent) session.close();
}

function observed(parts: GrpcServerParts): Interceptor {
  return (next) => async (request) => {
    const operation = `${request.service.typeName}/${request.method.name}`;
    const span = parts.tracing.start(operation, 'server', traceOf(request.header));
    const call: Call = {
      trace: span.trace,
      authorization: request.header.get('authorization') ?? undefined,
      requestId: request.header.get('x-request-id') ?? undefined,
      caller: callerOf(
        request.header.get('x-forwarded-client-cert') ?? undefined,
        request.header.get('l5d-client-id') ?? undefined,
      ),
      signal: request.signal,
      operation,
      contract: /\.(v\d+)\.[^.]+$/.exec(request.service.typeName)?.[1] ?? 'none',
    };
    request.contextValues.set(callKey, call);
    parts.metrics.started();
    const finish = finisher(call, span, parts);
    try {
      const response = await next(request);
      response.header.set(releaseHeader, parts.release);
      response.trailer.set(releaseHeader, parts.release);
      if (response.stream) return { ...response, message: watched(response.message, finish, call, parts) };
      finish();
      return response;
    } catch (thrown) {
      throw finish(asConnectError(thrown, call, parts));
    }
  };
}

type Finish = (error?: ConnectError) => ConnectError | undefined;

function finisher(call: Call, span: Span, { metrics, release }: GrpcServerParts): Finish {
  const begun = performance.now();
  let done = false;
  return (error) => {
    error?.metadata.set(releaseHeader, release);
    if (done) return error;
    done = true;
    const status = error ? statusName(error.code) : 'OK';
    const failed = error !== undefined && ourFault.has(error.code);
    const { operation, contract, caller } = call;
    metrics.finished({
      method: 'GRPC',
      operation,
      contract,
      caller,
      status,
      failed,
      seconds: (performance.now() - begun) / 1000,
    });
    span.end(
      {
        'rpc.system': 'grpc',
        'rpc.method': operation,
        'rpc.grpc.status_code': error?.code ?? 0,
        'parley.caller': caller,
      },
      failed ? status : undefined,
    );
    return error;
  };
}

async function* watched(
  messages: StreamResponse['message'],
  finish: Finish,
  call: Call,
  parts: GrpcServerParts,
): StreamResponse['message'] {
  try {
    yield* messages;
  } catch (thrown) {
    throw finish(asConnectError(thrown, call, parts));
  } finally {
    finish();
  }
}

const ourFault: ReadonlySet<Code> = new Set([
  Code.Unknown,
  Code.Internal,
  Code.Unavailable,
  Code.DataLoss,
  Code.DeadlineExceeded,
]);

const codeOfStatus: Readonly<Record<number, Code>> = {
  400: Code.InvalidArgument,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.NotFound,
  409: Code.FailedPrecondition,
  422: Code.AlreadyExists,
  501: Code.Unimplemented,
  503: Code.Unavailable,
  504: Code.DeadlineExceeded,
};

/** The gRPC error for whatever was thrown; what is not meant for callers goes to the log. */
export function asConnectError(thrown: unknown, call: Call, { log }: Pick<GrpcServerParts, 'log'>): ConnectError {
  if (thrown instanceof ConnectError) return thrown;
  const { signal, operation, trace } = call;
  if (signal.aborted) return ConnectError.from(signal.reason, Code.Canceled);
  if (thrown instanceof Problem) {
    if (thrown.status >= 500) log.warn(thrown.message, { operation, reason: reasonOf(thrown.cause ?? thrown) }, trace);
    return new ConnectError(`${thrown.message} (${thrown.hint})`, codeOfStatus[thrown.status] ?? Code.Internal, {
      'x-problem': thrown.code,
    });
  }
  log.error('the service failed', { operation, reason: reasonOf(thrown) }, trace);
  return new ConnectError('the service failed', Code.Internal);
}

/** `Code.NotFound` -> `NOT_FOUND`, as the gRPC specification writes it. */
export function statusName(code: Code): string {
  return Code[code].replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
