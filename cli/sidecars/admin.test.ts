import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSidecars, proxyPlaces } from './admin.ts';

let home: string;
let server: Server;
let asked = 0;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'parley-admin-'));
  server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(503).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  rmSync(home, { recursive: true });
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

test('a port-forward that could not be opened is tried anew by the next who asks', async () => {
  const kubeConfig = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  kubeConfig.loadFromClusterAndUser(
    { name: 'test', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'test' },
  );
  const sidecars = openSidecars({ env: { PARLEY_HOME: home }, repo: home }, { kubeConfig }, proxyPlaces.istio);
  const pod = { metadata: { name: 'accounts-1' }, spec: { containers: [{ name: 'istio-proxy' }] } };
  await expect(sidecars.admin(pod)).rejects.toMatchObject({ code: 'NoPortForward' });
  const first = asked;
  await expect(sidecars.admin(pod)).rejects.toMatchObject({ code: 'NoPortForward' });
  expect(asked).toBe(first * 2);
  await sidecars.close();
});
