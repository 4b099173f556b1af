import { Pool } from 'undici';
import { releaseHeader } from '../../mesh/release-header.ts';
import type { EdgeTarget } from './caller.ts';
import { failed, type Outcome } from './outcome.ts';

/** Longer than any answer may take; what comes later has failed. */
const answerTimeoutMs = 30_000;

export interface HttpAnswer {
  readonly status: number;
  readonly release: string | undefined;
  readonly text: string;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** JSON requests over a fixed number of kept connections, one at a time on each; nothing is tried again. */
export interface HttpExchange {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export function openHttpExchange(target: EdgeTarget, connections: number): HttpExchange {
  const pool = new Pool(target.url, {
    connections,
    pipelining: 1,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    ...(target.authorityPem ? { connect: { ca: target.authorityPem } } : {}),
  });
  return {
    async send({ method, path, headers, body }, signal) {
      const answer = await pool.request({
        method,
        path,
        signal,
        headers: {
          authorization: `Bearer ${await target.token()}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const release = answer.headers[releaseHeader];
      return {
        status: answer.statusCode,
        release: typeof release === 'string' ? release : undefined,
        text: await answer.body.text(),
      };
    },
    close: () => pool.destroy(),
  };
}

/** The outcome of an answer with another status than the one that success has. */
export function failedAnswer({ status, text, release }: HttpAnswer): Outcome {
  return failed(`status ${status}`, `status ${status}: ${text.slice(0, 200)}`, release);
}

/** JSON of an answer; undefined when it is none, which makes the body wrong. */
export function jsonOf({ text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The caller reports the body as wrong.
  }
}
