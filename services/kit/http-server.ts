import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { attachCall, type Call, callerOf, traceOf } from './call.ts';
import { reasonOf } from './failure.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { asProblem, sendProblem } from './problem.ts';
import type { HttpFaults } from './rehearsal-http.ts';
import type { Tracing } from './tracing.ts';

export const releaseHeader = 'x-parley-release';

export type HttpHandler = (request: IncomingMessage, response: ServerResponse, call: Call) => void | Promise<void>;

export interface HttpServerParts {
  readonly release: string;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly log: Log;
  readonly faults?: HttpFaults;
}

export interface ServedHttp {
  readonly server: Server;
  /** From now on every answer says `Connection: close`; idle connections end. Resolves when the last request is answered. */
  drain(): Promise<void>;
  /** Cuts what is still open. */
  abort(): void;
}

/** Above the sidecar's idle time-out (60 s): the side that closes first must be the one that also sends. */
const keepAliveTimeoutMs = 75_000;

/** An HTTP/1.1 server around `handler`: span, metrics, release header, problem answers, and a drain that breaks no request. */
export function httpServer(handler: HttpHandler, parts: HttpServerParts): ServedHttp {
  let draining = false;
  const open = new Set<ServerResponse>();
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs, noDelay: true }, (request, response) => {
    response.setHeader(releaseHeader, parts.release);
    if (draining) response.setHeader('connection', 'close');
    open.add(response);
    response.once('close', () => open.delete(response));
    const call = openCall(request, response, parts);
    const run = parts.faults ? parts.faults.around(handler) : handler;
    const work = async () => run(request, response, call);
    work().catch((thrown: unknown) => answerFailure(thrown, response, call, parts.log));
  });
  return {
    server,
    drain: () => {
      draining = true;
      for (const response of open) if (!response.headersSent) response.setHeader('connection', 'close');
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      return closed;
    },
    abort: () => server.closeAllConnections(),
  };
}

function openCall(request: IncomingMessage, response: ServerResponse, parts: HttpServerParts): Call {
  const { headers, method = 'GET' } = request;
  const begun = performance.now();
  const span = parts.tracing.start(method, 'server', traceOf(headers));
  const gone = new AbortController();
  const call: Call = {
    trace: span.trace,
    authorization: headers.authorization,
    requestId: single(headers['x-request-id']),
    caller: callerOf(single(headers['x-forwarded-client-cert']), single(headers['l5d-client-id'])),
    signal: gone.signal,
    operation: 'unmatched',
    contract: 'none',
  };
  attachCall(request, call);
  parts.metrics.started();
  response.once('close', () => {
    const complete = response.writableFinished;
    if (!complete) gone.abort(new Error('the caller has gone'));
    const status = complete ? String(response.statusCode) : 'aborted';
    const failed = !complete || response.statusCode >= 500 || call.failed === true;
    const { operation, contract, caller } = call;
    const seconds = (performance.now() - begun) / 1000;
    parts.metrics.finished({ method, operation, contract, caller, status, failed, seconds });
    span.end(
      {
        'http.request.method': method,
        'http.route': operation,
        'http.response.status_code': response.statusCode,
        'parley.caller': caller,
      },
      failed ? status : undefined,
    );
  });
  return call;
}

/** Tells a caller of what went wrong, and the log of what is our fault. */
export function answerFailure(thrown: unknown, response: ServerResponse, call: Call, log: Log): void {
  const problem = asProblem(thrown);
  if (problem.status >= 500) {
    log.error(
      problem.message,
      { code: problem.code, reason: reasonOf(problem.cause ?? thrown), operation: call.operation },
      call.trace,
    );
  }
  sendProblem(response, problem, call.trace.traceId);
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
