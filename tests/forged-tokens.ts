import { createHash } from 'node:crypto';
import { type CryptoKey, exportSPKI, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';

/** What an attacker may know (the public key and a valid token), and what only the issuer knows, to play a faulty issuer. */
export interface Material {
  /** A valid token of the exchange. */
  readonly token: string;
  readonly publicKey: JWK;
  readonly privateKey: JWK;
  /** An address under the attacker's control, for `jku` and `x5u`. */
  readonly attacker: string;
}

/** One way to come without a token that is right; each value is one Authorization header. */
export interface Attack {
  readonly name: string;
  authorization(material: Material): Promise<readonly string[]>;
}

type Header = Record<string, unknown> & { alg: string };

const algorithm = 'EdDSA';

/** RFC 8725 section 2, and what else a verifier is asked to swallow. */
export const attacks: readonly Attack[] = [
  { name: 'no header', authorization: async () => [] },
  { name: 'two headers', authorization: async ({ token }) => [`Bearer ${token}`, `Bearer ${token}`] },
  { name: 'another scheme', authorization: async ({ token }) => [`Basic ${token}`] },
  { name: 'an empty token', authorization: async () => ['Bearer '] },
  ...['none', 'None', 'NONE'].map((alg) => forged(`alg ${alg}, no signature`, ({ token }) => unsigned(token, { alg }))),
  forged(
    'alg none, the old signature',
    async ({ token }) => `${(await unsigned(token, { alg: 'none' })).slice(0, -1)}.${part(token, 2)}`,
  ),
  forged('HS256 with the public key (raw) as secret', ({ token, publicKey }) =>
    sign(token, { alg: 'HS256' }, {}, Buffer.from(publicKey.x ?? '', 'base64url')),
  ),
  forged('HS256 with the public key (PEM) as secret', async ({ token, publicKey }) =>
    sign(token, { alg: 'HS256' }, {}, Buffer.from(await pem(publicKey))),
  ),
  forged('a foreign key under the same kid', async ({ token }) =>
    sign(token, {}, {}, (await foreignKey(algorithm)).privateKey),
  ),
  forged('an unknown kid', async ({ token }) =>
    sign(token, { kid: 'nobody' }, {}, (await foreignKey(algorithm)).privateKey),
  ),
  forged('no kid', async ({ token, privateKey }) => sign(token, { kid: undefined }, {}, await key(privateKey))),
  forged('a kid that is a path', async ({ token }) =>
    sign(token, { kid: '../../etc/passwd' }, {}, (await foreignKey(algorithm)).privateKey),
  ),
  forged('ES256 with a foreign key', async ({ token }) =>
    sign(token, { alg: 'ES256' }, {}, (await foreignKey('ES256')).privateKey),
  ),
  forged('its own key in the header (jwk)', async ({ token }) => {
    const { privateKey, publicKey } = await foreignKey(algorithm);
    return sign(token, { jwk: { kty: 'OKP', crv: 'Ed25519', x: thumb(await exportSPKI(publicKey)) } }, {}, privateKey);
  }),
  ...['jku', 'x5u'].map((name) =>
    forged(`${name} of the attacker`, async ({ token, attacker }) =>
      sign(token, { [name]: `${attacker}/keys` }, {}, (await foreignKey(algorithm)).privateKey),
    ),
  ),
  byIssuer('a critical header that nobody knows', { crit: ['exchange'], exchange: true }, {}),
  byIssuer('another issuer', {}, { iss: 'https://identity.elsewhere' }),
  byIssuer('another audience', {}, { aud: 'elsewhere' }),
  byIssuer('no audience', {}, { aud: undefined }),
  byIssuer('another type (an ID token)', { typ: 'JWT' }, {}),
  byIssuer('no type', { typ: undefined }, {}),
  byIssuer('expired', {}, { exp: 1_700_000_000 }),
  byIssuer('without an end', {}, { exp: undefined }),
  byIssuer('not yet valid', {}, { nbf: 4_000_000_000 }),
  forged(
    'a tampered payload',
    async ({ token }) => `${part(token, 0)}.${encode({ ...payload(token), sub: 'somebody-else' })}.${part(token, 2)}`,
  ),
  forged('a cut signature', async ({ token }) => token.slice(0, -8)),
  forged('a token that is no token', async () => 'a.b.c'),
];

function forged(name: string, make: (material: Material) => Promise<string>): Attack {
  return { name, authorization: async (material) => [`Bearer ${await make(material)}`] };
}

/** Signed with the right key, but saying what it must not say. */
function byIssuer(name: string, header: Record<string, unknown>, claims: Record<string, unknown>): Attack {
  return forged(name, async ({ token, privateKey }) => sign(token, header, claims, await key(privateKey)));
}

/** The valid token with some header fields and claims replaced (undefined: left out), signed by `secret`. */
async function sign(
  token: string,
  header: Record<string, unknown>,
  claims: Record<string, unknown>,
  secret: CryptoKey | Uint8Array,
): Promise<string> {
  const fields = without({ ...protectedHeader(token), ...header }) as Header;
  const crit = Object.fromEntries(((fields.crit as string[] | undefined) ?? []).map((name) => [name, true]));
  return new SignJWT(without({ ...payload(token), ...claims })).setProtectedHeader(fields).sign(secret, { crit });
}

async function unsigned(token: string, header: Header): Promise<string> {
  return `${encode({ ...protectedHeader(token), ...header })}.${part(token, 1)}.`;
}

async function key(jwk: JWK): Promise<CryptoKey> {
  const made = await importJWK(jwk, algorithm);
  if (made instanceof Uint8Array) throw new TypeError('the key of the issuer is a shared secret');
  return made;
}

function foreignKey(alg: string): Promise<{ privateKey: CryptoKey; publicKey: CryptoKey }> {
  return generateKeyPair(alg, { extractable: true });
}

async function pem(jwk: JWK): Promise<string> {
  const made = await importJWK({ ...jwk, alg: algorithm }, algorithm, { extractable: true });
  if (made instanceof Uint8Array) throw new TypeError('the key of the issuer is a shared secret');
  return exportSPKI(made);
}

/** Any 32 bytes in base64url, the shape of an Ed25519 key. */
function thumb(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function protectedHeader(token: string): Header {
  return JSON.parse(Buffer.from(part(token, 0), 'base64url').toString('utf8')) as Header;
}

function payload(token: string): JWTPayload {
  return JSON.parse(Buffer.from(part(token, 1), 'base64url').toString('utf8')) as JWTPayload;
}

function part(token: string, index: number): string {
  return token.split('.')[index] ?? '';
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function without<T extends Record<string, unknown>>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
