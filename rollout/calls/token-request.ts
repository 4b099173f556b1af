import type { Dispatcher } from 'undici';
import * as z from 'zod';
import { CallError } from './call-error.ts';
import type { EdgeAddress } from './release-calls.ts';

export interface TokenClient {
  readonly url: URL;
  readonly id: string;
  readonly secret: string;
}

export interface Token {
  readonly text: string;
  readonly lifeMs: number;
}

const timeoutMs = 10_000;
/** Of a token whose answer does not say (`expires_in` is only recommended). */
const unsaidLifeSeconds = 60;

const success = z.object({
  access_token: z.string().min(1),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().positive().default(unsaidLifeSeconds),
});
const refusal = z.object({ error: z.string(), error_description: z.string().optional() });

/**
 * One request by the client credentials grant (https://www.rfc-editor.org/rfc/rfc6749#section-4.4), with the client's secret as Basic authorization
 * (section 2.3.1). Throws a CallError: `TokenRefused` for an error of section 5.2, else `TokenUnavailable`.
 */
export async function requestToken({ url, id, secret }: TokenClient, edge: EdgeAddress): Promise<Token> {
  const { Agent, request } = await import('undici');
  const atEdge = url.origin === new URL(edge.url).origin;
  const dispatcher = new Agent(atEdge && edge.authorityPem !== undefined ? { connect: { ca: edge.authorityPem } } : {});
  const away = (reason: string, cause?: unknown) =>
    new CallError(
      'TokenUnavailable',
      `no token from ${url.href}: ${reason}`,
      'see whether it answers: parley status',
      cause,
    );
  try {
    const answer = await request(url, { ...tokenRequest(id, secret), dispatcher });
    return readAnswer(answer.statusCode, await answer.body.text(), url, away);
  } catch (cause) {
    if (cause instanceof CallError) throw cause;
    throw away(cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    await dispatcher.destroy();
  }
}

function tokenRequest(id: string, secret: string): Omit<Dispatcher.RequestOptions, 'origin' | 'path'> {
  const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  return {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: 'grant_type=client_credentials',
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  };
}

function readAnswer(status: number, text: string, url: URL, away: (reason: string) => CallError): Token {
  const json = parsed(text);
  if (status === 200) {
    const { data, error } = success.safeParse(json);
    if (!data) throw away(`its answer is not that of RFC 6749: ${z.prettifyError(error)}`);
    return { text: data.access_token, lifeMs: data.expires_in * 1_000 };
  }
  const { data } = refusal.safeParse(json);
  if (!data || status >= 500) throw away(`status ${status}`);
  throw new CallError(
    'TokenRefused',
    `${url.href} refuses the client: ${data.error}${data.error_description ? ` (${data.error_description})` : ''}`,
    'correct client-id and client-secret in the Secret of spec.calls.credentials',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // No answer of the protocol, which the caller says.
  }
}
