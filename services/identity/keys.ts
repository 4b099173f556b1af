import { type CryptoKey, importJWK } from 'jose';
import * as z from 'zod';
import { Failure, reasonOf } from '../kit/failure.ts';
import { tokenAlgorithm } from '../kit/token.ts';

const privateKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
  kid: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
});

/** A private JWKS (RFC 7517) as text. The first key signs; all are published, so that old and new overlap during a rotation. */
export const privateKeySet = z
  .string('a private JWKS with at least one Ed25519 key')
  .transform((text, context) => {
    try {
      return JSON.parse(text);
    } catch (cause) {
      context.addIssue({ code: 'custom', message: `no JSON: ${reasonOf(cause)}` });
      return z.NEVER;
    }
  })
  .pipe(z.object({ keys: z.array(privateKey).min(1, 'at least one key') }));

export interface IssuerKeys {
  readonly kid: string;
  readonly signing: CryptoKey;
  /** The public JWKS. */
  readonly published: { readonly keys: readonly Readonly<Record<string, string>>[] };
}

/** @throws Failure `bad-key` when the first key cannot sign. */
export async function issuerKeys(set: z.infer<typeof privateKeySet>): Promise<IssuerKeys> {
  const [first] = set.keys;
  if (!first) throw new Failure('bad-key', 'IDENTITY_JWKS holds no key', 'put an Ed25519 key into it');
  const signing = await importJWK(first, tokenAlgorithm);
  if (signing instanceof Uint8Array)
    throw new Failure('bad-key', `the key ${first.kid} is a shared secret`, 'use an Ed25519 key');
  const published = {
    keys: set.keys.map(({ kty, crv, x, kid }) => ({ kty, crv, x, kid, alg: tokenAlgorithm, use: 'sig' })),
  };
  return { kid: first.kid, signing, published };
}
