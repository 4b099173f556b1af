import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../../local/daemon/free-ports.ts';
import { findEnvoy } from '../../local/envoy/find.ts';
import { sampleIntent } from '../../mesh/intent-sample.ts';
import { edgeEnvoy, edgeFiles } from '../../mesh/linkerd/edge-envoy.ts';
import { eventually } from '../eventually.ts';

/** The configuration of the Linkerd edge in a real Envoy, its ports, files and upstreams moved to this machine. */
const folder = mkdtempSync(join(tmpdir(), 'parley-edge-'));
let upstream: Server;
let envoy: ChildProcess;
let base: string;
let admin: string;

beforeAll(async () => {
  upstream = createServer((request, response) => response.end(`upstream ${request.url}`)).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const { port } = upstream.address() as AddressInfo;
  const [http = 0, adminPort = 0] = await freePorts(2);
  [base, admin] = [`http://127.0.0.1:${http}`, `http://127.0.0.1:${adminPort}`];
  const gateway = { name: 'edge', listeners: [{ name: 'http', port: http, protocol: 'HTTP' as const }] };
  const text = JSON.stringify(edgeEnvoy(sampleIntent({ gateway })))
    .replaceAll('"0.0.0.0","port_value":9090', `"127.0.0.1","port_value":${adminPort}`)
    .replaceAll('"0.0.0.0"', '"127.0.0.1"')
    .replaceAll('"web.shop.svc.cluster.local","port_value":8080', `"127.0.0.1","port_value":${port}`)
    .replaceAll(edgeFiles.admin, join(folder, 'admin.sock'));
  const file = join(folder, 'envoy.json');
  writeFileSync(file, text);
  const { path } = await findEnvoy({
    env: process.env,
    toolsDir: process.env.PARLEY_TOOLS ?? join(tmpdir(), 'parley-tools'),
  });
  const log = join(folder, 'envoy.log');
  envoy = spawn(path, ['-c', file, '-l', 'warning', '--log-path', log, '--concurrency', '1', '--disable-hot-restart']);
  const ready = () => statusOf(`${admin}/readyz`);
  await eventually('Envoy answers /readyz', 20_000, ready, (status) => status === 200).catch((error: unknown) => {
    throw new Error(`Envoy did not start: ${readFileSync(log, 'utf8')}`, { cause: error });
  });
}, 120_000);

afterAll(async () => {
  if (envoy?.exitCode === null) {
    const exit = once(envoy, 'exit');
    envoy.kill('SIGTERM');
    await exit;
  }
  upstream?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function statusOf(url: string): Promise<number | string> {
  try {
    return (await fetch(url)).status;
  } catch (error) {
    return String(error);
  }
}

test('Envoy takes the configuration without a warning about its fields', () => {
  expect(readFileSync(join(folder, 'envoy.log'), 'utf8')).not.toMatch(/deprecated|unknown field|rejected/i);
});

test.each([
  ['/shop', 200],
  ['/shop/cart?item=1', 200],
  ['//shop', 200],
  ['/shopping', 404],
  ['/', 404],
  ['/shop%2f..%2fadmin', 404],
])('%s is answered %i', async (path, status) => {
  expect(await statusOf(base + path)).toBe(status);
});

test('gRPC services lead to their own upstream, which is not there', async () => {
  expect(await statusOf(`${base}/shop.store.v1.Store/Get`)).toBe(503);
});

test('probes and metrics are answered on the admin port, and nothing else of the administration', async () => {
  expect(await statusOf(`${admin}/livez`)).toBe(200);
  expect(await (await fetch(`${admin}/metrics`)).text()).toContain('envoy_http_downstream_rq');
  expect(await statusOf(`${admin}/quitquitquit`)).toBe(404);
  expect(await statusOf(`${base}/metrics`)).toBe(404);
});
