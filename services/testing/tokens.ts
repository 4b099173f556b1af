import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { identity } from '../identity/service.ts';
import type { Running, TestExchange } from './exchange.ts';

export const clientSecret = '0123456789abcdef';

/** A private Ed25519 JWK. */
export function newKey(kid: string): JWK & { kid: string } {
  return { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid };
}

/** A real identity with the clients alice, bob, and reader (who may not write). */
export async function startIdentity(exchange: TestExchange, keys: readonly JWK[]): Promise<Running> {
  const clients = [
    { id: 'alice', secret: clientSecret, user: 'alice' },
    { id: 'bob', secret: clientSecret, user: 'bob' },
    { id: 'reader', secret: clientSecret, user: 'alice', scopes: ['exchange.read'] },
  ];
  const environment = { IDENTITY_JWKS: JSON.stringify({ keys }), IDENTITY_CLIENTS: JSON.stringify(clients) };
  return exchange.start(identity, { version: '1.0.0', contracts: ['v1'] }, { environment });
}

/** An `Authorization` header from the token endpoint. */
export async function tokenFor(issuer: Running, client: string): Promise<string> {
  const { request } = await import('node:http');
  const text = await new Promise<string>((resolve, reject) => {
    const form = `grant_type=client_credentials&client_id=${client}&client_secret=${clientSecret}`;
    const outgoing = request(
      {
        socketPath: issuer.socket,
        path: '/oauth/token',
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
      (incoming) => {
        let body = '';
        incoming.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        incoming.on('end', () => resolve(body));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(form);
  });
  const { access_token: token }: { access_token: string } = JSON.parse(text);
  return `Bearer ${token}`;
}
