import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { reasonOf } from './failure.ts';
import type { KeySource } from './jwks.ts';
import { Problem } from './problem.ts';

/** Who issues tokens and for whom; the same for all services, so that a token passes through chains. */
export const tokenIssuer = 'https://identity.exchange';
export const tokenAudience = 'exchange';
export const tokenType = 'at+jwt';
export const tokenAlgorithm = 'EdDSA';

export const scopes = ['exchange.read', 'exchange.write'] as const;
export type Scope = (typeof scopes)[number];

/** What a verified token says. */
export interface Principal {
  readonly user: string;
  readonly client: string;
  readonly scopes: ReadonlySet<string>;
}

export interface TokenVerifier {
  /**
   * Checks an `Authorization` header by RFC 8725 and RFC 9068 without asking the issuer.
   * @throws Problem 401 `unauthenticated` or 403 `insufficient-scope` with `WWW-Authenticate` (RFC 6750 section 3), 503 if there are no keys.
   */
  verify(authorization: string | undefined, scope: Scope): Promise<Principal>;
}

const mostRemembered = 1_000;
const longestToken = 4_096;
const clockToleranceSeconds = 5;
/** Headers that would let the sender choose the key. */
const refusedHeaders = ['jku', 'x5u', 'jwk', 'x5c'] as const;

interface Remembered {
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

/**
 * @param now milliseconds since the epoch. Verified tokens are remembered until they expire or the keys change.
 */
export function tokenVerifier(keys: KeySource, now: () => number): TokenVerifier {
  let generation = -1;
  const remembered = new Map<string, Remembered>();

  const principalOf = async (token: string): Promise<Principal> => {
    if (generation !== keys.generation()) {
      generation = keys.generation();
      remembered.clear();
    }
    const known = remembered.get(token);
    if (known && known.expiresAtMs > now()) return known.principal;
    const { principal, expiresAtMs } = await verified(token, keys, now);
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(token, { principal, expiresAtMs });
    return principal;
  };

  return {
    verify: async (authorization, scope) => {
      const token = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? '')?.[1];
      if (authorization === undefined) throw unauthenticated(undefined, 'no token was sent');
      if (token === undefined || token.length > longestToken)
        throw unauthenticated('invalid_request', 'the Authorization header is not "Bearer <token>"');
      const principal = await principalOf(token);
      if (!principal.scopes.has(scope)) throw insufficientScope(scope);
      return principal;
    },
  };
}

async function verified(token: string, keys: KeySource, now: () => number): Promise<Remembered> {
  try {
    const header = decodeProtectedHeader(token);
    const refused = refusedHeaders.find((name) => header[name] !== undefined);
    if (refused) throw new errors.JWTInvalid(`the header "${refused}" is not accepted`);
    if (header.kid === undefined || !/^[A-Za-z0-9._-]{1,64}$/.test(header.kid))
      throw new errors.JWTInvalid('the header "kid" is missing or malformed');
    const { kid } = header;
    const { payload } = await jwtVerify(token, () => keys.key(kid), {
      algorithms: [tokenAlgorithm],
      issuer: tokenIssuer,
      audience: tokenAudience,
      typ: tokenType,
      requiredClaims: ['sub', 'exp', 'iat', 'client_id', 'jti'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(now()),
    });
    const { sub = '', client_id: client, scope, exp = 0 } = payload;
    return {
      principal: {
        user: sub,
        client: String(client),
        scopes: new Set(typeof scope === 'string' ? scope.split(' ') : []),
      },
      expiresAtMs: exp * 1000,
    };
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw unauthenticated('invalid_token', reasonOf(cause), cause);
  }
}

function unauthenticated(error: string | undefined, reason: string, cause?: unknown): Problem {
  const challenge =
    error === undefined
      ? 'Bearer realm="exchange"'
      : `Bearer realm="exchange", error="${error}", error_description="${quotable(reason)}"`;
  const hint = 'get a token: POST /oauth/token at identity';
  return new Problem(
    401,
    'unauthenticated',
    `the token was refused: ${reason}`,
    hint,
    { 'www-authenticate': challenge },
    cause,
  );
}

function insufficientScope(scope: Scope): Problem {
  const challenge = `Bearer realm="exchange", error="insufficient_scope", scope="${scope}"`;
  return new Problem(
    403,
    'insufficient-scope',
    `the token lacks the scope ${scope}`,
    `ask for a token with scope=${scope}`,
    { 'www-authenticate': challenge },
  );
}

function quotable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]|["\\]/g, "'");
}
