import { constants } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Kinds } from '../store/kinds.ts';
import { StatusError, statusOf } from '../store/status.ts';
import type { ObjectStore } from '../store/types.ts';
import { readBody } from './body.ts';
import { route } from './router.ts';
import type { ApiContext, Call, LogSource, Reply, StreamSink, UsageSource, User } from './types.ts';

export interface ApiServerOptions {
  readonly store: ObjectStore;
  readonly kinds: Kinds;
  /** PEM. Clients need a certificate of `clientCa`: CN is the user, O are the groups. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string };
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly logs: LogSource;
  readonly usage: UsageSource;
  readonly clock: { now(): number };
  /** What /version reports; `v1.34.0` by default, in the middle of the kubectl versions that work. */
  readonly version?: string;
  /** Gets every error that was answered with 500: a bug of this server. */
  readonly report?: (error: unknown) => void;
}

export interface ApiServer {
  readonly url: string;
  /** Ends every watch and connection. */
  close(): Promise<void>;
}

/** Serves the REST API over HTTPS with client certificates; throws the error of `listen`, such as EADDRINUSE. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { tls, host, port, store, kinds, logs, usage, clock } = options;
  const context: ApiContext = { store, kinds, logs, usage, clock, version: options.version ?? 'v1.34.0' };
  const server = createServer(
    {
      cert: tls.cert,
      key: tls.key,
      ca: tls.clientCa,
      requestCert: true,
      // A missing or foreign certificate is answered with a 401 Status that says why; see userOf.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      // A resumed session does not carry the client's certificate.
      secureOptions: constants.SSL_OP_NO_TICKET,
      keepAliveTimeout: 120_000,
      requestTimeout: 0,
    },
    (request, response) => {
      void serve(context, request, response, options.report);
    },
  );
  server.listen(port, host);
  await once(server, 'listening');
  const { address, port: bound } = server.address() as AddressInfo;
  return {
    url: `https://${address}:${bound}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : value ? [String(value)] : []);

function userOf(socket: TLSSocket): User {
  const refuse = (why: string) =>
    new StatusError(401, 'Unauthorized', `Unauthorized: ${why}; use the kubeconfig that \`parley up\` wrote`);
  const { subject } = socket.getPeerCertificate();
  if (!subject) throw refuse('no client certificate was sent');
  if (!socket.authorized) throw refuse(`the client certificate is refused (${socket.authorizationError})`);
  return { name: String(subject.CN ?? ''), groups: listOf(subject.O) };
}

async function serve(
  context: ApiContext,
  request: IncomingMessage,
  response: ServerResponse,
  report: (error: unknown) => void = () => undefined,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const url = new URL(request.url ?? '/', 'https://cluster');
    const call: Call = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      accept: request.headers.accept ?? '',
      contentType: request.headers['content-type'] ?? '',
      user: userOf(request.socket as TLSSocket),
      body: () => readBody(request),
      signal: gone.signal,
    };
    await send(response, await route(context, call));
  } catch (error) {
    if (gone.signal.aborted && !(error instanceof StatusError)) return;
    if (!(error instanceof StatusError)) report(error);
    sendError(response, error);
  }
}

function sendError(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const status = statusOf(error instanceof StatusError ? error : new StatusError(500, 'InternalError', message));
  // In the middle of a stream there is no way to say more than to cut it.
  if (response.headersSent) response.destroy();
  else {
    // The rest of a body that was refused is not read: the connection cannot be used again.
    if (status.code === 413) response.setHeader('connection', 'close');
    sendJson(response, status.code, status);
  }
}

function sendJson(response: ServerResponse, code: number, body: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

async function send(response: ServerResponse, reply: Reply): Promise<void> {
  response.setHeader('cache-control', 'no-cache, private');
  switch (reply.as) {
    case 'json':
      for (const warning of reply.warnings ?? [])
        response.appendHeader('warning', `299 - ${JSON.stringify(warning).replace(/[^\x20-\x7e]/g, '?')}`);
      sendJson(response, reply.code, reply.body);
      return;
    case 'bytes':
      response.writeHead(200, { 'content-type': reply.contentType });
      response.end(reply.body);
      return;
    case 'stream':
      response.setHeader('content-type', reply.contentType);
      await reply.run(sinkOf(response));
      response.end();
      return;
  }
}

const sinkOf = (response: ServerResponse): StreamSink => ({
  start: () => response.flushHeaders(),
  write: (piece) => {
    response.write(piece);
  },
  waitingBytes: () => response.writableLength,
  drained: async () => {
    if (response.writableNeedDrain && !response.destroyed)
      await Promise.race([once(response, 'drain'), once(response, 'close')]);
  },
});
