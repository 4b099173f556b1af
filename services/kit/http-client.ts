import { Agent, type IncomingMessage, request } from 'node:http';
import { type Call, onwardHeaders } from './call.ts';
import type { Dial } from './dial.ts';
import { Failure, reasonOf } from './failure.ts';
import { traceHeaders } from './trace-context.ts';
import type { Tracing } from './tracing.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The body if it is JSON, else undefined. */
  readonly body: unknown;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  /** Absolute path with query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** The call on whose behalf this goes out: trace, token and cancellation go with it. */
  readonly call?: Pick<Call, 'trace' | 'authorization' | 'signal'>;
  /** Span name; low cardinality. */
  readonly operation: string;
}

export interface HttpClient {
  /** @throws Failure `provider-away` when no complete answer came in time. Any status is an answer. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

const largestAnswer = 4 * 1024 * 1024;

/** A keep-alive client for one provider; `baseUrl` such as `http://accounts.exchange.svc.cluster.local:8080`. */
export function httpClient(provider: string, baseUrl: string, dial: Dial, tracing: Tracing): HttpClient {
  const base = new URL(baseUrl);
  const port = Number(base.port || 80);
  const agent = new Agent({ keepAlive: true, timeout: 30_000, maxSockets: 256, scheduling: 'lifo' });
  agent.createConnection = () => dial.connect(base.hostname, port);
  return {
    close: () => agent.destroy(),
    send: async (wanted) => {
      const span = tracing.start(`${provider} ${wanted.operation}`, 'client', wanted.call?.trace);
      const within = AbortSignal.timeout(wanted.timeoutMs);
      const signal = wanted.call ? AbortSignal.any([within, wanted.call.signal]) : within;
      const body = wanted.body === undefined ? undefined : JSON.stringify(wanted.body);
      try {
        const answer = await exchange(
          {
            agent,
            host: base.hostname,
            port,
            method: wanted.method ?? 'GET',
            path: `${base.pathname.replace(/\/$/, '')}${wanted.path}`,
            signal,
            headers: {
              host: base.host,
              accept: 'application/json',
              ...traceHeaders(span.trace),
              ...onwardHeaders(wanted.call),
              ...(body !== undefined && {
                'content-type': 'application/json',
                'content-length': Buffer.byteLength(body),
              }),
              ...wanted.headers,
            },
          },
          body,
        );
        span.end(
          { 'http.response.status_code': answer.status },
          answer.status >= 500 ? String(answer.status) : undefined,
        );
        return answer;
      } catch (cause) {
        const reason = within.aborted ? `no answer within ${wanted.timeoutMs} ms` : reasonOf(cause);
        span.end({}, reason);
        throw new Failure(
          'provider-away',
          `${provider} did not answer ${wanted.operation}: ${reason}`,
          `is ${provider} running? parley status`,
          cause,
        );
      }
    },
  };
}

function exchange(options: Parameters<typeof request>[1] & object, body: string | undefined): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > largestAnswer) incoming.destroy(new Error(`the answer is larger than ${largestAnswer} bytes`));
        else chunks.push(chunk);
      });
      incoming.once('error', reject);
      incoming.once('end', () => {
        try {
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: parsed(incoming, Buffer.concat(chunks)),
          });
        } catch (cause) {
          reject(cause);
        }
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

function parsed(incoming: IncomingMessage, bytes: Buffer): unknown {
  const type = incoming.headers['content-type'] ?? '';
  return /[/+]json\b/.test(type) && bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined;
}
