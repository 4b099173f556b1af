import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { tokenAlgorithm, tokenAudience, tokenIssuer, tokenType } from '../kit/token.ts';
import { authenticated, type Client } from './clients.ts';
import type { IssuerKeys } from './keys.ts';

export const tokenLifeSeconds = 600;

export interface TokenAnswer {
  readonly status: 200 | 400 | 401;
  readonly body: Readonly<Record<string, string | number>>;
}

/** The client credentials grant of RFC 6749 section 4.4; the token follows RFC 9068. `nowMs` since the epoch. */
export async function grant(
  form: URLSearchParams,
  basic: string | undefined,
  clients: readonly Client[],
  keys: IssuerKeys,
  nowMs: number,
): Promise<TokenAnswer> {
  const credentials = credentialsOf(form, basic);
  if (!credentials)
    return refused(
      400,
      'invalid_request',
      'send client_id and client_secret once: as Basic authorization or in the form',
    );
  const client = authenticated(clients, credentials.id, credentials.secret);
  if (!client) return refused(401, 'invalid_client', 'the client id or the secret is wrong');
  if (form.get('grant_type') !== 'client_credentials')
    return refused(400, 'unsupported_grant_type', 'only client_credentials is served');
  const wanted = form.get('scope')?.split(' ').filter(Boolean) ?? client.scopes;
  const denied = wanted.find((scope) => !client.scopes.some((held) => held === scope));
  if (denied !== undefined) return refused(400, 'invalid_scope', `the client may not have the scope ${denied}`);
  const scope = wanted.join(' ');
  const issuedAt = Math.floor(nowMs / 1000);
  const token = await new SignJWT({ client_id: client.id, scope })
    .setProtectedHeader({ alg: tokenAlgorithm, typ: tokenType, kid: keys.kid })
    .setIssuer(tokenIssuer)
    .setAudience(tokenAudience)
    .setSubject(client.user)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(issuedAt + tokenLifeSeconds)
    .sign(keys.signing);
  return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in: tokenLifeSeconds, scope } };
}

function credentialsOf(form: URLSearchParams, basic: string | undefined): { id: string; secret: string } | undefined {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  if (basic === undefined) return id !== null && secret !== null ? { id, secret } : undefined;
  const found = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(basic)?.[1];
  const pair = found === undefined ? undefined : /^([^:]*):(.*)$/s.exec(Buffer.from(found, 'base64').toString());
  if (!pair || secret !== null) return undefined;
  return { id: decodeURIComponent(pair[1] ?? ''), secret: decodeURIComponent(pair[2] ?? '') };
}

function refused(status: 400 | 401, error: string, description: string): TokenAnswer {
  return { status, body: { error, error_description: description } };
}
