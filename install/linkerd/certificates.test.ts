import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { heldCertificates, linkerdCertificates } from './certificates.ts';

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 1);
let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'linkerd-')), 'linkerd');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

const open = (nowMs = start) => linkerdCertificates({ folder, nowMs, trustDomain: 'cluster.local' });
const text = (path: string) => execFileSync('openssl', ['x509', '-in', path, '-noout', '-text'], { encoding: 'utf8' });
const verify = (atMs: number, ...args: string[]) =>
  spawnSync('openssl', ['verify', '-attime', String(atMs / 1000), ...args], { encoding: 'utf8' });

/** A certificate such as the identity of a proxy, signed by the issuer that is in force. */
async function proxyIdentity(nowMs: number): Promise<string> {
  const issuer = {
    certificatePem: readFileSync(join(folder, 'issuer.crt'), 'utf8'),
    keyPem: readFileSync(join(folder, 'issuer.key'), 'utf8'),
  };
  const leaf = await issueCertificate(issuer, {
    subject: 'CN=accounts.exchange.serviceaccount.identity.linkerd.cluster.local',
    alternativeNames: [{ type: 'dns', value: 'accounts.exchange.serviceaccount.identity.linkerd.cluster.local' }],
    usages: ['server', 'client'],
    nowMs,
    notAfterMs: nowMs + dayMs,
  });
  const path = join(folder, '..', 'proxy.crt');
  writeFileSync(path, leaf.certificatePem);
  return path;
}

test('openssl verifies anchor -> issuer -> identity of a proxy, with the constraints of authorities', async () => {
  const { anchors, issuer } = await open();
  expect(verify(start, '-x509_strict', '-CAfile', anchors.path, issuer.path)).toMatchObject({ status: 0 });
  const proxy = await proxyIdentity(start);
  const chain = verify(start, '-x509_strict', '-CAfile', anchors.path, '-untrusted', issuer.path, proxy);
  expect(chain).toMatchObject({ status: 0, stdout: expect.stringContaining('proxy.crt: OK') });
  expect(text(anchors.path)).toMatch(/CA:TRUE, pathlen:1\b/);
  expect(text(issuer.path)).toMatch(/CA:TRUE, pathlen:0\b/);
  for (const path of [anchors.path, issuer.path]) {
    expect(text(path)).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    expect(text(path)).toContain('NIST CURVE: P-256');
    expect(text(path)).toContain('Signature Algorithm: ecdsa-with-SHA256');
  }
});

test('names, key and lives are what Linkerd asks for', async () => {
  const { anchors, issuer, issuerKeyPath, issuerEndsMs } = await open();
  const [root, intermediate] = [new X509Certificate(anchors.pem), new X509Certificate(issuer.pem)];
  expect(root).toMatchObject({ subject: 'CN=root.linkerd.cluster.local', ca: true });
  expect(intermediate).toMatchObject({ subject: 'CN=identity.linkerd.cluster.local', issuer: root.subject, ca: true });
  const key = createPrivateKey(readFileSync(issuerKeyPath, 'utf8'));
  expect(createPublicKey(key).equals(intermediate.publicKey)).toBe(true);
  expect(Date.parse(root.validTo)).toBe(start + 3650 * dayMs);
  expect(issuerEndsMs).toBe(start + 365 * dayMs);
});

test('the path length forbids an authority below the issuer; what is not signed or has ended is refused', async () => {
  const { anchors, issuer, issuerKeyPath } = await open();
  const parent = { certificatePem: issuer.pem, keyPem: readFileSync(issuerKeyPath, 'utf8') };
  const request = { subject: 'CN=below', nowMs: start, notAfterMs: start + dayMs, pathLength: 0 };
  const below = await issueAuthority(parent, request);
  const paths = { below: join(folder, '..', 'below.crt'), leaf: join(folder, '..', 'leaf.crt') };
  const leaf = await issueCertificate(below, {
    ...request,
    subject: 'CN=leaf',
    alternativeNames: [],
    usages: ['server'],
  });
  writeFileSync(paths.below, `${below.certificatePem}\n${issuer.pem}`);
  writeFileSync(paths.leaf, leaf.certificatePem);
  expect(verify(start, '-CAfile', anchors.path, '-untrusted', paths.below, paths.leaf).stderr).toContain('path length');
  expect(verify(start, '-CAfile', anchors.path, paths.leaf).status).not.toBe(0);
  expect(verify(start + 366 * dayMs, '-CAfile', anchors.path, issuer.path).stderr).toContain('expired');
});

test('everything is readable by the owner alone and kept', async () => {
  const first = await open();
  const again = await open(start + 30 * dayMs);
  expect(again).toEqual(first);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder).sort()).toEqual(['anchors.crt', 'anchors.pem', 'issuer.crt', 'issuer.key', 'issuer.pem']);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
});

test('the issuer is renewed 90 days before its end, by the same anchor', async () => {
  const first = await open();
  expect((await open(start + 274 * dayMs)).issuer.pem).toBe(first.issuer.pem);
  const renewed = await open(start + 276 * dayMs);
  expect(renewed.anchors.pem).toBe(first.anchors.pem);
  expect(renewed.issuer.pem).not.toBe(first.issuer.pem);
  expect(renewed.issuerEndsMs).toBe(start + (276 + 365) * dayMs);
});

test('an anchor that ends within two years is joined by a new one; proxies with the old bundle go on', async () => {
  const first = await open();
  const late = start + (3650 - 729) * dayMs;
  await open(late - 30 * dayMs);
  const joined = await open(late);
  expect(joined.anchors.pem).toMatch(/^(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n){2}$/);
  expect(joined.anchors.pem.endsWith(first.anchors.pem)).toBe(true);
  const oldBundle = join(folder, '..', 'old.crt');
  writeFileSync(oldBundle, first.anchors.pem);
  expect(verify(late, '-CAfile', oldBundle, joined.issuer.path)).toMatchObject({ status: 0 });
  const later = late + 300 * dayMs;
  const next = await open(later);
  expect(verify(later, '-CAfile', next.anchors.path, next.issuer.path)).toMatchObject({ status: 0 });
  expect((await open(late + 1500 * dayMs)).anchors.pem).not.toContain(first.anchors.pem);
});

test('an issuer of an anchor that is gone is made anew; a damaged file is named, not replaced', async () => {
  const first = await open();
  rmSync(join(folder, 'anchors.pem'));
  const other = await open();
  expect(other.anchors.pem).not.toBe(first.anchors.pem);
  expect(verify(start, '-CAfile', other.anchors.path, other.issuer.path)).toMatchObject({ status: 0 });
  writeFileSync(join(folder, 'issuer.pem'), 'nothing');
  await expect(open()).rejects.toMatchObject({
    code: 'BadCertificate',
    message: expect.stringContaining('issuer.pem holds no private key'),
    hint: expect.stringContaining('rm '),
  });
});

test('what would be kept is seen without a write; what is due is not made by looking', async () => {
  expect(heldCertificates({ folder, nowMs: start })).toBeUndefined();
  expect(existsSync(folder)).toBe(false);
  const { anchors, issuer } = await open();
  expect(heldCertificates({ folder, nowMs: start })).toEqual({ anchors: anchors.pem, issuer: issuer.pem });
  const before = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(heldCertificates({ folder, nowMs: start + 300 * dayMs })).toBeUndefined();
  expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(before);
});
