import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    expect((await make(earlier)).sort()).toEqual(['edge-tls', 'identity', 'postgres']);
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
