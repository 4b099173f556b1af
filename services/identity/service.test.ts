import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Running, testExchange } from '../testing/exchange.ts';
import { clientSecret, newKey, startIdentity } from '../testing/tokens.ts';
import { identity } from './service.ts';

const exchange = await testExchange();
let issuer: Running;

beforeAll(async () => {
  issuer = await startIdentity(exchange, [newKey('current'), newKey('previous')]);
});
afterAll(() => exchange.close());

interface Answer {
  readonly status: number | undefined;
  readonly cacheControl: string | undefined;
  readonly body: Record<string, string>;
}

function grant(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const outgoing = request(
      { socketPath: issuer.socket, path: '/oauth/token', method: 'POST', headers: { ...type, ...headers } },
      (incoming) => {
        let text = '';
        incoming.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode,
            cacheControl: incoming.headers['cache-control'],
            body: JSON.parse(text),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(new URLSearchParams(form).toString());
  });
}

const credentials = { grant_type: 'client_credentials', client_id: 'alice', client_secret: clientSecret };

test('a grant by form or by Basic authorization', async () => {
  const basic = `Basic ${Buffer.from(`alice:${clientSecret}`).toString('base64')}`;
  for (const answer of [
    await grant(credentials),
    await grant({ grant_type: 'client_credentials' }, { authorization: basic }),
  ]) {
    expect(answer).toMatchObject({
      status: 200,
      cacheControl: 'no-store',
      body: { token_type: 'Bearer', expires_in: 600, scope: 'exchange.read exchange.write' },
    });
  }
});

test.each([
  ['a wrong secret', { ...credentials, client_secret: 'wrong' }, 401, 'invalid_client'],
  ['an unknown client', { ...credentials, client_id: 'eve' }, 401, 'invalid_client'],
  ['no credentials', { grant_type: 'client_credentials' }, 400, 'invalid_request'],
  ['another grant', { ...credentials, grant_type: 'password' }, 400, 'unsupported_grant_type'],
  [
    'a scope that the client may not have',
    { ...credentials, client_id: 'reader', scope: 'exchange.write' },
    400,
    'invalid_scope',
  ],
])('%s', async (_name, form, status, error) => {
  expect(await grant(form)).toMatchObject({ status, body: { error } });
});

test('publishes both keys, and nothing that is secret', async () => {
  const { body } = await issuer.send({ path: '/.well-known/jwks.json' });
  expect(body).toEqual({
    keys: ['current', 'previous'].map((kid) => ({
      kty: 'OKP',
      crv: 'Ed25519',
      x: expect.any(String),
      kid,
      alg: 'EdDSA',
      use: 'sig',
    })),
  });
  expect((await issuer.send({ path: '/.well-known/oauth-authorization-server' })).body).toMatchObject({
    issuer: 'https://identity.exchange',
  });
});

test('says everything that is wrong with its environment', async () => {
  const wrong = exchange.start(
    identity,
    { version: '1.0.0', contracts: ['v1'] },
    { environment: { IDENTITY_JWKS: '{"keys":[]}' } },
  );
  await expect(wrong).rejects.toThrow(/IDENTITY_JWKS is wrong[\s\S]*IDENTITY_CLIENTS is not set/);
});
