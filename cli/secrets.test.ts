import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Secret } from 'kubernetes-types/core/v1.js';
import { expect, test } from 'vitest';
import { catalogue } from '../charts/catalogue-sample.ts';
import { secretContractsOf } from '../charts/secrets.ts';
import { kubeconfig, testServer } from '../local/api/test-server.ts';
import { openCluster } from './cluster.ts';
import { makeMissingSecrets, readSecret } from './secrets.ts';

test('Secrets are made once; a service that gets a database later gets its password, and nothing else changes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-secrets-'));
  const server = await testServer();
  try {
    const access = join(folder, 'kubeconfig');
    writeFileSync(access, kubeconfig(server.url, server.authority.cert, server.admin));
    server.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'exchange' } });
    const cluster = await openCluster(access);
    const make = (services: typeof catalogue) =>
      makeMissingSecrets(cluster, services, join(folder, 'edge-ca.crt'), Date.UTC(2026, 0));
    const earlier = catalogue.map((service) =>
      service.name === 'orders' ? { ...service, database: undefined } : service,
    );
    expect((await make(earlier)).sort()).toEqual(['edge-tls', 'identity', 'postgres', 'rollout-calls']);
    const before = await readSecret(cluster, 'postgres');
    expect(Object.keys(before ?? {}).sort()).toEqual(['password', 'password-accounts', 'username']);
    const authority = readFileSync(join(folder, 'edge-ca.crt'), 'utf8');
    expect(await make(catalogue)).toEqual(['postgres']);
    const after = await readSecret(cluster, 'postgres');
    expect(after).toEqual({ ...before, 'password-orders': expect.stringMatching(/^[\w-]{32}$/) });
    expect(new Set(Object.values(after ?? {})).size).toBe(4);
    expect(await make(catalogue)).toEqual([]);
    expect(readFileSync(join(folder, 'edge-ca.crt'), 'utf8')).toBe(authority);
    for (const { name, keys } of secretContractsOf(catalogue)) {
      expect(Object.keys((await readSecret(cluster, name)) ?? {}), name).toEqual(
        expect.arrayContaining(Object.keys(keys)),
      );
    }
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
});

test('the calls of rollouts have a client of their own that may only read, also in an exchange that is older', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-secrets-'));
  const server = await testServer();
  try {
    const access = join(folder, 'kubeconfig');
    writeFileSync(access, kubeconfig(server.url, server.authority.cert, server.admin));
    server.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'exchange' } });
    const cluster = await openCluster(access);
    const make = () => makeMissingSecrets(cluster, catalogue, join(folder, 'edge-ca.crt'), Date.UTC(2026, 0));
    await make();
    const clients = async () => JSON.parse((await readSecret(cluster, 'identity'))?.clients ?? '[]');
    const [demo, own] = await clients();
    expect(own).toMatchObject({ id: 'rollouts', scopes: ['exchange.read'] });
    expect(own.secret).not.toBe(demo.secret);
    expect(await readSecret(cluster, 'rollout-calls')).toEqual({
      'token-url': '/oauth/token',
      'client-id': 'rollouts',
      'client-secret': own.secret,
    });
    const older = Buffer.from(JSON.stringify([demo])).toString('base64');
    const secret = { apiVersion: 'v1', kind: 'Secret' } as const;
    const identity = { ...secret, metadata: { name: 'identity', namespace: 'exchange' }, data: { clients: older } };
    await cluster.merge<Secret>(identity);
    await cluster.remove({ ...secret, metadata: { name: 'rollout-calls', namespace: 'exchange' } });
    expect(await make()).toEqual(['rollout-calls']);
    const [first, added] = await clients();
    expect(first).toEqual(demo);
    expect(added.secret).toBe((await readSecret(cluster, 'rollout-calls'))?.['client-secret']);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
});
