import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, test } from 'vitest';
import { openPortForward } from './port-forward.ts';

const target = { namespace: 'exchange', pod: 'accounts-1', port: 15_000 };
let server: Server | undefined;
afterEach(async () => {
  if (!server) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

/** An API server that gives one answer to everything. */
async function apiServer(answer: (response: ServerResponse) => void): Promise<KubeConfig> {
  server = createServer((_request, response) => answer(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'test', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'test' },
  );
  return config;
}

test('an API server that forwards no ports is a named failure before anybody connects', async () => {
  const config = await apiServer((response) => response.writeHead(405).end());
  await expect(openPortForward(config, target)).rejects.toMatchObject({
    code: 'NoPortForward',
    message: 'Pod exchange/accounts-1: its port 15000 cannot be forwarded',
    hint: expect.stringContaining('parley status'),
    cause: { message: expect.stringContaining('405') },
  });
});

test('one that refuses says how to ask for the right', async () => {
  const config = await apiServer((response) => response.writeHead(403).end());
  await expect(openPortForward(config, target)).rejects.toMatchObject({
    code: 'NoPortForward',
    hint: 'Type: kubectl auth can-i create pods/portforward -n exchange',
  });
});
