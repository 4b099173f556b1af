import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, test } from 'vitest';
import { openKubeRest } from './rest.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function configOf(server: string, proxyUrl?: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'c', server, skipTLSVerify: true, proxyUrl }, { name: 'u' });
  return config;
}

test('a kubeconfig with a proxy is followed', async () => {
  const api = await listen(createServer((_, answer) => answer.end('{"gitVersion":"v1.35.8"}')));
  const asked: string[] = [];
  const proxy = createServer().on('connect', ({ url = '' }, client) => {
    asked.push(url);
    const [host = '', port = ''] = url.split(':');
    const server = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(server).pipe(client);
    });
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
  const rest = await openKubeRest(configOf(`http://${api}`, `http://${await listen(proxy)}`));
  expect(await rest.send('GET', '/version')).toEqual({ gitVersion: 'v1.35.8' });
  expect(asked).toEqual([api]);
});

test('a proxy that is not spoken to is refused by name', async () => {
  await expect(openKubeRest(configOf('http://127.0.0.1:1', 'socks5://127.0.0.1:2'))).rejects.toThrow(
    'proxy-url socks5://127.0.0.1:2 of the kubeconfig',
  );
});

test('a server that puts a request off is asked again after the time that it named, and not for ever', async () => {
  let putOff = 2;
  const api = createServer((_, answer) => {
    putOff -= 1;
    if (putOff < 0) return answer.end('{"items":[]}');
    answer.writeHead(429, { 'retry-after': '1', 'content-type': 'application/json' });
    return answer.end('{"kind":"Status","message":"storage is (re)initializing"}');
  });
  const waited: number[] = [];
  const rest = await openKubeRest(configOf(`http://${await listen(api)}`), async (ms) => void waited.push(ms));
  expect(await rest.send('GET', '/apis/parley.dev/v1alpha1/rollouts')).toEqual({ items: [] });
  expect(waited).toEqual([1000, 1000]);
  putOff = Number.POSITIVE_INFINITY;
  await expect(rest.send('GET', '/version')).rejects.toMatchObject({
    status: 429,
    message: 'storage is (re)initializing',
  });
  expect(waited).toHaveLength(12);
});
