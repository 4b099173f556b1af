import { request } from 'undici';
import { releaseHeader } from '../../mesh/release-header.ts';
import type { Notebook, Talk } from './conversation.ts';

const answerTimeoutMs = 5000;

interface HttpCall {
  readonly service: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Says one request, hears its answer, and gives back its JSON. Throws when the status is not the expected one. */
export async function httpCall(talk: Talk, notes: Notebook, call: HttpCall): Promise<unknown> {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  notes.say(`${call.method} ${call.path}${body ? ` ${body}` : ''}`);
  const answer = await request(`${talk.edge.http}${call.path}`, {
    method: call.method,
    headers: {
      authorization: `Bearer ${await talk.token()}`,
      ...notes.traceHeaders,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...call.headers,
    },
    body,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  });
  const text = await answer.body.text();
  notes.hear(`${answer.statusCode} ${text}`);
  if (answer.statusCode !== call.status)
    throw new Error(`${call.method} ${call.path}: status ${answer.statusCode}, ${call.status} was expected`);
  const release = answer.headers[releaseHeader];
  notes.answeredBy(call.service, typeof release === 'string' ? release : undefined);
  return JSON.parse(text);
}

/** The account that the calls talk about, by its Idempotency-Key always the same; contract v1 of accounts. */
export async function openAccount(talk: Talk, notes: Notebook): Promise<string> {
  const account = await httpCall(talk, notes, {
    service: 'accounts',
    method: 'POST',
    path: '/v1/accounts',
    status: 201,
    headers: { 'idempotency-key': 'parley-try' },
    body: { currency: 'EUR' },
  });
  if (typeof account !== 'object' || account === null || !('id' in account) || typeof account.id !== 'string') {
    throw new Error(`not an account of contract v1: ${JSON.stringify(account)}`);
  }
  return account.id;
}
