import 'reflect-metadata';
import { createPrivateKey } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { KeyPair } from '../pki/certificate.ts';

const { subtle } = globalThis.crypto;
x509.cryptoProvider.set(globalThis.crypto);

const leafAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const signing = {
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ec: leafAlgorithm,
} as const;

/** What a forged identity says. */
export interface ForgedIdentity {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * An X.509-SVID of the trust domain `cluster.local`, signed with an authority's own key: ECDSA or RSA, in PKCS #8 or in the older
 * form of each, as meshes keep them.
 */
export async function forgeIdentity(authority: KeyPair, identity: ForgedIdentity): Promise<KeyPair> {
  const key = createPrivateKey(authority.keyPem);
  if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ec')
    throw new Error(`the authority's key is ${key.asymmetricKeyType}; known: rsa, ec`);
  const signingAlgorithm = signing[key.asymmetricKeyType];
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const issuer = new x509.X509Certificate(authority.certificatePem);
  const keys = await subtle.generateKey(leafAlgorithm, true, ['sign', 'verify']);
  const url = `spiffe://cluster.local/ns/${identity.namespace}/sa/${identity.serviceAccount}`;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: '',
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await subtle.importKey('pkcs8', der, signingAlgorithm, false, ['sign']),
    signingAlgorithm,
    notBefore: new Date(identity.notBeforeMs),
    notAfter: new Date(identity.notAfterMs),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: url }], true),
    ],
  });
  const keyPem = x509.PemConverter.encode(await subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificatePem: certificate.toString('pem'), keyPem };
}
