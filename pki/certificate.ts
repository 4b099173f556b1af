import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(globalThis.crypto);
const { subtle } = x509.cryptoProvider.get();

/** ECDSA on P-256: small, fast to make, and accepted by every TLS stack. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Certificates are valid from a little before they are made, for clients whose clock lags. */
const backdateMs = 60_000;

/** A certificate with its private key, both as PEM (PKCS #8 for the key). */
export interface KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** What a certificate says; `notAfter` in milliseconds since 1970. */
export interface CertificateRequest {
  /** Distinguished name such as `CN=admin`; empty for identities, whose name is the URI. */
  readonly subject: string;
  readonly alternativeNames: readonly { readonly type: 'url' | 'dns' | 'ip'; readonly value: string }[];
  readonly usages: readonly ('server' | 'client')[];
  readonly nowMs: number;
  readonly notAfterMs: number;
}

const usageOid = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth };

/** An authority that signs others, or leaf certificates only. */
export interface AuthorityRequest {
  readonly subject: string;
  readonly nowMs: number;
  readonly notAfterMs: number;
  /** How many authorities may follow it in a chain (RFC 5280 4.2.1.9); 0: it signs leaf certificates only. */
  readonly pathLength: number;
}

type PublicKey = Parameters<typeof x509.SubjectKeyIdentifierExtension.create>[0];

async function pemOfKey(key: Parameters<typeof subtle.exportKey>[1]): Promise<string> {
  return x509.PemConverter.encode(await subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

/** Makes a self-signed authority that may sign leaf certificates only (RFC 5280 path length 0). */
export function makeAuthority(subject: string, nowMs: number, notAfterMs: number): Promise<KeyPair> {
  return makeRoot({ subject, nowMs, notAfterMs, pathLength: 0 });
}

/** Makes a self-signed authority. */
export async function makeRoot(request: AuthorityRequest): Promise<KeyPair> {
  const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: request.subject,
    keys: keys,
    signingAlgorithm: algorithm,
    ...life(request),
    extensions: await authorityExtensions(keys.publicKey, request.pathLength),
  });
  return { certificatePem: certificate.toString('pem'), keyPem: await pemOfKey(keys.privateKey) };
}

/** Signs a new authority with `parent`, whose path length has to allow it. */
export function issueAuthority(parent: KeyPair, request: AuthorityRequest): Promise<KeyPair> {
  return sign(parent, request, (publicKey) => authorityExtensions(publicKey, request.pathLength));
}

/** Signs a new key pair for `request` with the authority. */
export function issueCertificate(authority: KeyPair, request: CertificateRequest): Promise<KeyPair> {
  const names = request.alternativeNames.map(({ type, value }) => ({ type, value }));
  return sign(authority, request, () => [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(request.usages.map((usage) => usageOid[usage])),
    // RFC 5280 4.2.1.6: critical when the subject is empty.
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names, request.subject === '')] : []),
  ]);
}

/** A new key pair under `authority`; every certificate names the key that signed it. */
async function sign(
  authority: KeyPair,
  request: Pick<AuthorityRequest, 'subject' | 'nowMs' | 'notAfterMs'>,
  extensionsOf: (publicKey: PublicKey) => x509.Extension[] | Promise<x509.Extension[]>,
): Promise<KeyPair> {
  const { issuer, signingKey } = await signer(authority);
  const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: request.subject,
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    ...life(request),
    extensions: [
      ...(await extensionsOf(keys.publicKey)),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificatePem: certificate.toString('pem'), keyPem: await pemOfKey(keys.privateKey) };
}

function life({ nowMs, notAfterMs }: Pick<AuthorityRequest, 'nowMs' | 'notAfterMs'>) {
  return { notBefore: new Date(nowMs - backdateMs), notAfter: new Date(notAfterMs) };
}

async function authorityExtensions(publicKey: PublicKey, pathLength: number): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
  ];
}

async function signer({ certificatePem, keyPem }: KeyPair) {
  const key = x509.PemConverter.decodeFirst(keyPem);
  return {
    issuer: new x509.X509Certificate(certificatePem),
    signingKey: await subtle.importKey('pkcs8', key, algorithm, false, ['sign']),
  };
}

/** Life span of the first certificate in `pem`, in milliseconds since 1970. */
export function validity(pem: string): { readonly notBeforeMs: number; readonly notAfterMs: number } {
  const certificate = new x509.X509Certificate(pem);
  return { notBeforeMs: certificate.notBefore.getTime(), notAfterMs: certificate.notAfter.getTime() };
}
