import { type CryptoKey, importJWK, type JWK } from 'jose';
import * as z from 'zod';
import { reasonOf } from './failure.ts';
import type { HttpClient } from './http-client.ts';
import type { Log } from './log.ts';
import { Problem } from './problem.ts';

export interface KeySource {
  /** @throws Problem 401 for an unknown key, 503 when no keys could be had yet. */
  key(kid: string): Promise<CryptoKey>;
  /** Changes when the set of keys does. */
  generation(): number;
  /** Why no token can be checked yet, or undefined. Fetches the keys if there are none: a new instance takes no calls before it can check them. */
  unready(): Promise<string | undefined>;
}

const publicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
  alg: z.literal('EdDSA').optional(),
  use: z.literal('sig').optional(),
});
const keySet = z.object({ keys: z.array(z.unknown()) });

const timing = { cooldownMs: 30_000, timeoutMs: 5_000, freshMs: 600_000 } as const;

/**
 * The issuer's public keys (RFC 7517), kept for ten minutes. An unknown `kid` fetches again, at most every 30 s and once at a time; while the
 * issuer is away the keys that are known stay in use.
 */
export function remoteKeys(issuer: HttpClient, now: () => number, log: Log): KeySource {
  let keys = new Map<string, CryptoKey>();
  let fetchedAtMs = Number.NEGATIVE_INFINITY;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;
  let generation = 0;
  let lastRefusal = 'they were never asked for';

  const fetchKeys = async () => {
    triedAtMs = now();
    try {
      const answer = await issuer.send({
        path: '/.well-known/jwks.json',
        timeoutMs: timing.timeoutMs,
        operation: 'GET /.well-known/jwks.json',
      });
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      keys = await imported(answer.body);
      fetchedAtMs = now();
      generation += 1;
    } catch (cause) {
      lastRefusal = reasonOf(cause);
      if (keys.size === 0) triedAtMs = Number.NEGATIVE_INFINITY;
      log.warn('the keys of the issuer could not be fetched', { reason: lastRefusal, keysInUse: keys.size });
    }
  };
  const refresh = () => {
    fetching ??= fetchKeys().finally(() => {
      fetching = undefined;
    });
    return fetching;
  };
  const mayFetch = () => now() - triedAtMs >= timing.cooldownMs;

  return {
    generation: () => generation,
    unready: async () => {
      if (keys.size === 0) await refresh();
      return keys.size === 0 ? `the issuer's keys are not known: ${lastRefusal}` : undefined;
    },
    key: async (kid) => {
      const known = keys.get(kid);
      if (known) {
        if (now() - fetchedAtMs > timing.freshMs && mayFetch()) void refresh();
        return known;
      }
      if (fetching || mayFetch()) await refresh();
      const found = keys.get(kid);
      if (found) return found;
      throw keys.size === 0 ? noKeys(lastRefusal) : unknownKey();
    },
  };
}

function noKeys(reason: string): Problem {
  const hint = 'is identity running? parley status';
  return new Problem(503, 'no-keys', `the issuer's keys are not known: ${reason}`, hint, { 'retry-after': '1' });
}

function unknownKey(): Problem {
  const hint = 'get a new token: POST /oauth/token at identity';
  return new Problem(401, 'unauthenticated', 'the token was refused: its key is not known', hint, {
    'www-authenticate': 'Bearer realm="exchange", error="invalid_token", error_description="unknown key"',
  });
}

async function imported(body: unknown): Promise<Map<string, CryptoKey>> {
  const usable = keySet.parse(body).keys.flatMap((key) => {
    const read = publicKey.safeParse(key);
    return read.success ? [read.data] : [];
  });
  if (usable.length === 0) throw new Error('the answer holds no Ed25519 key');
  return new Map(
    await Promise.all(usable.map(async (key): Promise<[string, CryptoKey]> => [key.kid, await importPublic(key)])),
  );
}

async function importPublic(key: JWK): Promise<CryptoKey> {
  const made = await importJWK(key, 'EdDSA');
  if (made instanceof Uint8Array) throw new TypeError('an Ed25519 key is not a shared secret');
  return made;
}
