import { Pool } from 'undici';
import { releaseHeader } from '../../mesh/release-header.ts';
import type { Answer } from './answer.ts';
import { CallError } from './call-error.ts';
import { type Caller, type CallerOptions, limited, mostAnswerBytes, mostConnections } from './caller.ts';
import type { PlannedCall } from './planned-call.ts';

/** Calls over a few kept connections, one at a time on each. */
export function httpCaller(options: CallerOptions): Caller {
  const { edge, timeoutMs } = options;
  const pool = new Pool(edge.url, {
    connections: mostConnections,
    pipelining: 1,
    connect: { timeout: timeoutMs, ...(edge.authorityPem === undefined ? {} : { ca: edge.authorityPem }) },
  });
  return {
    async send(call, headers, signal) {
      const limit = limited(signal, options);
      try {
        return await sent(pool, call, headers, limit.signal);
      } catch (cause) {
        signal.throwIfAborted();
        if (limit.isLate()) return { kind: 'silent', reason: `no answer within ${timeoutMs} ms` };
        throw unreachable(edge.url, cause);
      } finally {
        limit.end();
      }
    },
    close: () => pool.destroy(),
  };
}

async function sent(
  pool: Pool,
  { method, path, headers, body }: PlannedCall,
  more: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answer> {
  const content = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await pool.request({
    method,
    path,
    signal,
    headers: { ...content, ...more, ...headers },
    body: body ?? null,
  });
  const release = answer.headers[releaseHeader];
  return {
    kind: 'answered',
    status: answer.statusCode,
    text: await textOf(answer.body),
    release: typeof release === 'string' ? release : undefined,
  };
}

/** What is longer than an answer may be is cut off, and is no JSON any more. */
async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > mostAnswerBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A connection to the edge that did not come about, or broke. */
export function unreachable(url: string, cause: unknown): CallError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CallError(
    'EdgeUnreachable',
    `the edge does not answer at ${url}: ${reason}`,
    'see whether it runs: kubectl -n exchange get pods -l app.kubernetes.io/name=edge',
    cause,
  );
}
