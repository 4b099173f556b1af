import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(globalThis.crypto);
const { subtle } = x509.cryptoProvider.get();

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const hourMs = 3_600_000;

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority {
  readonly cert: string;
  issue(
    subject: string,
    options?: { readonly addresses?: readonly string[]; readonly expired?: boolean },
  ): Promise<KeyPair>;
}

async function pem(key: Parameters<typeof subtle.exportKey>[1]): Promise<string> {
  const der = await subtle.exportKey('pkcs8', key);
  return x509.PemConverter.encode(der, 'PRIVATE KEY');
}

/** A certificate authority for one test, with P-256 keys that live in memory. */
export async function testAuthority(name = 'test-ca'): Promise<TestAuthority> {
  const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const window = { notBefore: new Date(now - 2 * hourMs), notAfter: new Date(now + hourMs) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    ...window,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  return {
    cert: ca.toString('pem'),
    async issue(subject, { addresses = [], expired = false } = {}) {
      const own = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const names = addresses.map((value) => ({ type: 'ip', value }) as const);
      const cert = await x509.X509CertificateGenerator.create({
        subject,
        issuer: ca.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        notBefore: window.notBefore,
        notAfter: expired ? new Date(now - hourMs) : window.notAfter,
        extensions: names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : [],
      });
      return { cert: cert.toString('pem'), key: await pem(own.privateKey) };
    },
  };
}
