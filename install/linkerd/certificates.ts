import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueAuthority, type KeyPair, makeRoot, validity } from '../../pki/certificate.ts';
import { InstallError } from '../install-error.ts';

const dayMs = 24 * 3_600_000;

/**
 * How long the authorities of a mesh live, and how much of that is left when they are made anew. `linkerd check` warns 60 days
 * before the end of the issuer; the anchor is renewed while it still covers the whole life of an issuer, and the old
 * one stays in the bundle until it ends, so that proxies that have not been restarted stay in the mesh.
 */
export const lives = {
  anchor: { lifeMs: 3650 * dayMs, renewMs: 730 * dayMs },
  issuer: { lifeMs: 365 * dayMs, renewMs: 90 * dayMs },
} as const;

/** Files that the command line of Linkerd reads, and what is in them. */
export interface LinkerdCertificates {
  /** Trust anchors, newest first. */
  readonly anchors: { readonly path: string; readonly pem: string };
  /** The intermediate that signs the identities of proxies. */
  readonly issuer: { readonly path: string; readonly pem: string };
  readonly issuerKeyPath: string;
  /** When the issuer ends, in milliseconds since 1970. */
  readonly issuerEndsMs: number;
}

export interface CertificateOptions {
  /** Made with mode 0700; every file in it has mode 0600. */
  readonly folder: string;
  readonly nowMs: number;
  /** Such as `cluster.local`. */
  readonly trustDomain: string;
}

/**
 * The trust anchor and the issuer of a Linkerd (https://linkerd.io/2/tasks/generate-certificates/): those of the folder, or new ones
 * where there are none or where they end soon. Throws InstallError `BadCertificate` for a damaged file.
 */
export async function linkerdCertificates(options: CertificateOptions): Promise<LinkerdCertificates> {
  const { folder, nowMs, trustDomain } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const anchors = await openAnchors(join(folder, anchorsFile), `CN=root.linkerd.${trustDomain}`, nowMs);
  const issuer = await openIssuer(join(folder, issuerFile), `CN=identity.linkerd.${trustDomain}`, anchors, nowMs);
  const bundle = anchors.certificates.join('');
  const files = {
    anchors: { path: join(folder, 'anchors.crt'), pem: bundle },
    issuer: { path: join(folder, 'issuer.crt'), pem: issuer.certificatePem },
  };
  const issuerKeyPath = join(folder, 'issuer.key');
  write(files.anchors.path, files.anchors.pem);
  write(files.issuer.path, files.issuer.pem);
  write(issuerKeyPath, issuer.keyPem);
  return { ...files, issuerKeyPath, issuerEndsMs: validity(issuer.certificatePem).notAfterMs };
}

/** Certificates of the folder, in PEM. */
export interface HeldCertificates {
  readonly anchors: string;
  readonly issuer: string;
}

/** What {@link linkerdCertificates} would find and keep; undefined: it would make some. Only reads. Throws InstallError `BadCertificate`. */
export function heldCertificates({
  folder,
  nowMs,
}: Pick<CertificateOptions, 'folder' | 'nowMs'>): HeldCertificates | undefined {
  const anchors = heldAnchors(read(join(folder, anchorsFile)), nowMs);
  const issuer = anchors && heldIssuer(read(join(folder, issuerFile)), anchors, nowMs);
  return issuer && { anchors: anchors.certificates.join(''), issuer: issuer.certificatePem };
}

const anchorsFile = 'anchors.pem';
const issuerFile = 'issuer.pem';

interface Anchors {
  /** Key of the first certificate. */
  readonly keyPem: string;
  readonly certificates: readonly string[];
}

/** Key and certificates are in one file, so that a crash between two writes cannot part them. */
async function openAnchors(path: string, subject: string, nowMs: number): Promise<Anchors> {
  const found = read(path);
  const held = heldAnchors(found, nowMs);
  if (held) return held;
  const made = await makeRoot({ subject, nowMs, notAfterMs: nowMs + lives.anchor.lifeMs, pathLength: 1 });
  const certificates = [lines(made.certificatePem), ...stillGood(found, nowMs)];
  const anchors = { keyPem: made.keyPem, certificates };
  write(path, [lines(anchors.keyPem), ...anchors.certificates].join(''));
  return anchors;
}

function heldAnchors(found: Anchors | undefined, nowMs: number): Anchors | undefined {
  if (!found || endOf(found.certificates) - nowMs <= lives.anchor.renewMs) return undefined;
  return { keyPem: found.keyPem, certificates: stillGood(found, nowMs) };
}

function stillGood(found: Anchors | undefined, nowMs: number): string[] {
  return (found?.certificates ?? []).filter((pem) => validity(pem).notAfterMs > nowMs);
}

/** An issuer that no anchor of the bundle signed is of no use: it is made anew. */
async function openIssuer(path: string, subject: string, anchors: Anchors, nowMs: number): Promise<KeyPair> {
  const held = heldIssuer(read(path), anchors, nowMs);
  if (held) return held;
  const parent = { keyPem: anchors.keyPem, certificatePem: anchors.certificates[0] ?? '' };
  const made = await issueAuthority(parent, { subject, nowMs, notAfterMs: nowMs + lives.issuer.lifeMs, pathLength: 0 });
  const issuer = { keyPem: lines(made.keyPem), certificatePem: lines(made.certificatePem) };
  write(path, `${issuer.keyPem}${issuer.certificatePem}`);
  return issuer;
}

function heldIssuer(found: Anchors | undefined, anchors: Anchors, nowMs: number): KeyPair | undefined {
  const certificatePem = found?.certificates[0];
  if (!certificatePem || !isSigned(certificatePem, anchors)) return undefined;
  return endOf([certificatePem]) - nowMs > lives.issuer.renewMs ? { keyPem: found.keyPem, certificatePem } : undefined;
}

function isSigned(pem: string, { certificates }: Anchors): boolean {
  const certificate = new X509Certificate(pem);
  return certificates.some((anchor) => certificate.verify(new X509Certificate(anchor).publicKey));
}

function endOf(certificates: readonly string[]): number {
  return validity(certificates[0] ?? '').notAfterMs;
}

function read(path: string): Anchors | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw damaged(path, 'cannot be read', cause);
  }
  const keyPem = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(text)?.[0];
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g);
  if (!keyPem || !certificates) throw damaged(path, 'holds no private key with its certificate');
  try {
    for (const pem of certificates) validity(pem);
  } catch (cause) {
    throw damaged(path, 'holds a certificate that cannot be read', cause);
  }
  return { keyPem, certificates };
}

function damaged(path: string, what: string, cause?: unknown): InstallError {
  const hint = `Type: rm ${path} && parley up   (Pods of a Linkerd that trusted it have to be restarted)`;
  return new InstallError('BadCertificate', `${path} ${what}`, { hint, cause });
}

function lines(pem: string): string {
  return `${pem.trimEnd()}\n`;
}

function write(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}
