import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Running, testExchange } from '../testing/exchange.ts';
import { newKey, startIdentity, tokenFor } from '../testing/tokens.ts';
import { dialThrough } from './dial.ts';
import { httpClient } from './http-client.ts';
import { remoteKeys } from './jwks.ts';
import { jsonLog } from './log.ts';
import { type TokenVerifier, tokenVerifier } from './token.ts';
import { forwardOnly } from './tracing.ts';

const exchange = await testExchange();
const key = newKey('current');
const previous = newKey('previous');
const stranger = newKey('current');
let issuer: Running;
let verifier: TokenVerifier;
let nowMs = Date.now();

function verifierFor(one: Running): TokenVerifier {
  const dial = {
    ...dialThrough(undefined),
    connect: () => dialThrough(one.socket.replace(/in\/8080$/, '')).connect('identity', 8080),
  };
  const client = httpClient('identity', 'http://identity:8080', dial, forwardOnly);
  const log = jsonLog({ level: 'error', fields: {}, write: () => {}, now: () => nowMs });
  return tokenVerifier(
    remoteKeys(client, () => nowMs, log),
    () => nowMs,
  );
}

beforeAll(async () => {
  issuer = await startIdentity(exchange, [key, previous]);
  const { mkdir, symlink } = await import('node:fs/promises');
  const folder = issuer.socket.replace(/in\/8080$/, 'out');
  await mkdir(folder, { recursive: true });
  await symlink(issuer.socket, `${folder}/identity:8080`);
  verifier = verifierFor(issuer);
});
afterAll(() => exchange.close());

const seconds = () => Math.floor(nowMs / 1000);

interface Forgery {
  readonly header?: Record<string, unknown>;
  readonly claims?: JWTPayload;
  readonly with?: typeof key;
}

async function signed({ header = {}, claims = {}, with: signer = key }: Forgery = {}): Promise<string> {
  const payload: JWTPayload = {
    iss: 'https://identity.exchange',
    aud: 'exchange',
    sub: 'alice',
    client_id: 'web',
    jti: 'one',
    scope: 'exchange.read exchange.write',
    iat: seconds(),
    exp: seconds() + 600,
    ...claims,
  };
  const token = new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: signer.kid, ...header });
  return `Bearer ${await token.sign(await importJWK(signer, 'EdDSA'))}`;
}

function unsigned(header: Record<string, unknown>, sign: (text: string) => string): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iss: 'https://identity.exchange',
    aud: 'exchange',
    sub: 'alice',
    client_id: 'x',
    jti: 'x',
    scope: 'exchange.read',
    iat: seconds(),
    exp: seconds() + 60,
  };
  const text = `${encode(header)}.${encode(claims)}`;
  return `Bearer ${text}.${sign(text)}`;
}

const signedByIssuer = (text: string) =>
  sign(
    null,
    Buffer.from(text),
    createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x: String(key.x), d: String(key.d) }, format: 'jwk' }),
  ).toString('base64url');

const hmacWithPublicKey = (text: string) => {
  const pem = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: String(key.x) }, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
  return createHmac('sha256', pem).update(text).digest('base64url');
};

const swapSubject = (token: string) => {
  const [head = '', body = '', signature = ''] = token.slice(7).split('.');
  const claims = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), sub: 'bob' };
  return `Bearer ${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
};

test('a token of the issuer is accepted, also one that the key before signed', async () => {
  await expect(verifier.verify(await tokenFor(issuer, 'alice'), 'exchange.write')).resolves.toMatchObject({
    user: 'alice',
    client: 'alice',
  });
  await expect(verifier.verify(await signed({ with: previous }), 'exchange.read')).resolves.toMatchObject({
    user: 'alice',
  });
});

describe('refused with 401', () => {
  const attacks: readonly (readonly [string, () => Promise<string | undefined> | string | undefined])[] = [
    ['missing', () => undefined],
    ['another scheme', () => 'Basic YTpi'],
    ['no token', () => 'Bearer '],
    ['not a JWT', () => 'Bearer abc'],
    ['longer than 4096', () => `Bearer ${'a'.repeat(5_000)}`],
    ['alg none', () => unsigned({ alg: 'none', typ: 'at+jwt', kid: 'current' }, () => '')],
    ['alg None', () => unsigned({ alg: 'None', typ: 'at+jwt', kid: 'current' }, () => 'AA')],
    ['HS256 with the public key', () => unsigned({ alg: 'HS256', typ: 'at+jwt', kid: 'current' }, hmacWithPublicKey)],
    ['wrong issuer', () => signed({ claims: { iss: 'https://elsewhere' } })],
    ['wrong audience', () => signed({ claims: { aud: 'other' } })],
    ['no audience', () => signed({ claims: { aud: undefined } })],
    ['typ JWT', () => signed({ header: { typ: 'JWT' } })],
    ['no typ', () => signed({ header: { typ: undefined } })],
    ['expired', () => signed({ claims: { exp: seconds() - 6 } })],
    ['no expiry', () => signed({ claims: { exp: undefined } })],
    ['not yet valid', () => signed({ claims: { nbf: seconds() + 60 } })],
    ['no subject', () => signed({ claims: { sub: undefined } })],
    ['a key of someone else under a known kid', () => signed({ with: stranger })],
    ['unknown kid', () => signed({ header: { kid: 'other' } })],
    ['no kid', () => signed({ header: { kid: undefined } })],
    ['kid with a path', () => signed({ header: { kid: '../../etc/passwd' } })],
    ['jku', () => signed({ header: { jku: 'https://evil/jwks.json' } })],
    ['x5u', () => signed({ header: { x5u: 'https://evil/cert.pem' } })],
    ['jwk', () => signed({ header: { jwk: { kty: 'OKP', crv: 'Ed25519', x: key.x } } })],
    [
      'a critical header that nobody knows',
      () => unsigned({ alg: 'EdDSA', typ: 'at+jwt', kid: 'current', crit: ['x'], x: 1 }, signedByIssuer),
    ],
    ['tampered', async () => swapSubject(await signed())],
    ['cut off', async () => (await signed()).slice(0, -4)],
  ];
  test.each(attacks)('%s', async (_name, make) => {
    await expect(verifier.verify(await make(), 'exchange.read')).rejects.toMatchObject({
      status: 401,
      code: 'unauthenticated',
      headers: { 'www-authenticate': expect.stringMatching(/^Bearer realm="exchange"/) },
    });
  });
});

test('a token that was accepted once is refused when it has expired', async () => {
  const token = await signed({ claims: { exp: seconds() + 60 } });
  await verifier.verify(token, 'exchange.read');
  nowMs += 70_000;
  await expect(verifier.verify(token, 'exchange.read')).rejects.toMatchObject({ status: 401 });
});

test('a token without the scope is refused with 403', async () => {
  await expect(verifier.verify(await tokenFor(issuer, 'reader'), 'exchange.write')).rejects.toMatchObject({
    status: 403,
    code: 'insufficient-scope',
  });
});

test('without the issuer: known keys stay in use, and without keys the answer is 503', async () => {
  const other = await testExchange();
  const second = await startIdentity(other, [key]);
  const { mkdir, symlink } = await import('node:fs/promises');
  await mkdir(second.socket.replace(/in\/8080$/, 'out'), { recursive: true });
  await symlink(second.socket, `${second.socket.replace(/in\/8080$/, 'out')}/identity:8080`);
  const warm = verifierFor(second);
  const cold = verifierFor(second);
  await warm.verify(await signed(), 'exchange.read');
  await second.stop();
  nowMs += 3_600_000;
  await expect(warm.verify(await signed(), 'exchange.read')).resolves.toMatchObject({ user: 'alice' });
  await expect(cold.verify(await signed(), 'exchange.read')).rejects.toMatchObject({ status: 503, code: 'no-keys' });
  await other.close();
});
