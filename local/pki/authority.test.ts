import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAuthority } from './authority.ts';

const start = Date.UTC(2026, 0, 1);
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pki-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const open = (nowMs = start, identityLifeMs?: number) =>
  openAuthority({ dir, clock: { now: () => nowMs }, trustDomain: 'cluster.local', identityLifeMs });

test('an identity is a URI and no common name, lives an hour, and is signed by the identity authority', async () => {
  const authority = await open();
  const issued = await authority.identity({ namespace: 'exchange', serviceAccount: 'accounts' });
  const certificate = new X509Certificate(issued.certificatePem);
  expect(certificate.subjectAltName).toBe('URI:spiffe://cluster.local/ns/exchange/sa/accounts');
  expect(certificate.subject).toBeFalsy();
  expect(issued.notAfterMs).toBe(start + 3_600_000);
  expect(certificate.verify(new X509Certificate(authority.identityBundlePem).publicKey)).toBe(true);
  expect(certificate.verify(new X509Certificate(authority.clusterBundlePem).publicKey)).toBe(false);
  expect(certificate.ca).toBe(false);
});

test('server and client certificates come from the cluster authority', async () => {
  const authority = await open();
  const server = new X509Certificate(
    (await authority.server({ dns: ['localhost'], ips: ['127.70.0.1'] })).certificatePem,
  );
  expect(server.checkIP('127.70.0.1')).toBe('127.70.0.1');
  expect(server.checkHost('localhost')).toBe('localhost');
  const client = await authority.client({ commonName: 'admin', organizations: ['system:masters'] });
  expect(new X509Certificate(client.certificatePem).subject).toBe('O=system:masters\nCN=admin');
  expect(server.verify(new X509Certificate(authority.clusterBundlePem).publicKey)).toBe(true);
});

test('a second opening finds the same authorities, readable by the owner alone', async () => {
  const first = await open();
  const second = await open(start + 1000);
  expect(second.identityBundlePem).toBe(first.identityBundlePem);
  expect(second.clusterBundlePem).toBe(first.clusterBundlePem);
  expect(statSync(join(dir, 'identity-ca.pem')).mode & 0o777).toBe(0o600);
});

test('a damaged or ended authority is named, not replaced', async () => {
  await open();
  await expect(open(start + 11 * 365 * 86_400_000)).rejects.toThrow(/identity-ca.pem: the authority ended on 2035/);
  writeFileSync(join(dir, 'identity-ca.pem'), 'nothing');
  await expect(open()).rejects.toThrow(/identity-ca.pem: no private key/);
});
