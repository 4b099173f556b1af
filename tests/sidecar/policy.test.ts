import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import type { KubeObject } from '../../local/store/types.ts';
import { eventually } from '../eventually.ts';
import { address } from './addresses.ts';
import { call, type Mesh, openMesh, out } from './mesh.ts';

const web = { name: 'web-1', app: 'web', ip: address(1), port: 8080, sockets: true };
const orders = { name: 'orders-1', app: 'orders', ip: address(2), port: 8080, sockets: true };
const base = [sample.service('orders', 'orders', 8080, 'http'), sample.slice('orders', 8080, [orders])];

let mesh: Mesh;
afterEach(() => mesh.end());

async function start(options = {}): Promise<void> {
  mesh = await openMesh([web, orders], base, options);
  await mesh.http('orders-1', 8080, (request, response) => response.end(JSON.stringify(request.headers)));
  await Promise.all(['web-1', 'orders-1'].map((name) => mesh.start(name)));
}
const at = () => out(mesh, 'web-1', 'orders', 8080);

const policy = (name: string, spec: object): KubeObject => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace: 'exchange' },
  spec,
});

test('methods, paths and denials are enforced, and a path cannot be written another way round them', async () => {
  await start();
  mesh.objects = [
    ...base,
    policy('allow', { rules: [{ to: [{ operation: { methods: ['GET'], notPaths: ['/private*'] } }] }] }),
    policy('deny', { action: 'DENY', rules: [{ to: [{ operation: { paths: ['*.bak'] } }] }] }),
  ];
  await mesh.apply();
  const status = async (method: string, path: string) => (await call(at(), path, {}, method)).status;
  expect(await status('GET', '/a')).toBe(200);
  expect(await status('POST', '/a')).toBe(403);
  expect(await status('GET', '/private/x')).toBe(403);
  expect(await status('GET', '/a/../private/x')).toBe(403);
  expect(await status('GET', '/%70rivate/x')).toBe(403);
  expect(await status('GET', '/a.bak?x=1')).toBe(403);
});

test('a Linkerd Server is closed, and opened by the ServiceAccount of the caller', async () => {
  await start();
  const server: KubeObject = {
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'Server',
    metadata: { name: 'orders', namespace: 'exchange' },
    spec: { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'orders' } }, port: 'http' },
  };
  const allow = (name: string): KubeObject => ({
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'allow', namespace: 'exchange' },
    spec: {
      targetRef: { kind: 'Server', name: 'orders' },
      requiredAuthenticationRefs: [{ kind: 'ServiceAccount', name }],
    },
  });
  for (const [objects, status] of [
    [[server], 403],
    [[server, allow('web')], 200],
    [[server, allow('x')], 403],
  ] as const) {
    mesh.objects = [...base, ...objects];
    await mesh.apply();
    expect((await call(at())).status).toBe(status);
  }
});

test('spans of both sidecars reach the collector, as many as Telemetry says', async () => {
  const received: string[] = [];
  const collector = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push(body);
      response.end();
    });
  });
  await new Promise<void>((resolve) => void collector.listen(0, '127.0.0.1', resolve));
  const address = collector.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await start({ tracing: { endpoint: `http://127.0.0.1:${port}/v1/traces`, samplingPercent: 0 }, accessLog: true });
  expect((await call(at())).status).toBe(200);
  const telemetry: KubeObject = {
    apiVersion: 'telemetry.istio.io/v1',
    kind: 'Telemetry',
    metadata: { name: 'tracing', namespace: 'exchange' },
    spec: { tracing: [{ randomSamplingPercentage: 100 }] },
  };
  mesh.objects = [...base, telemetry];
  await mesh.apply();
  expect(JSON.parse((await call(at())).body).traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  const seen = await eventually(
    'spans of caller and provider',
    5000,
    () => received.join(''),
    (text) => text.includes('web-1') && text.includes('orders-1'),
  );
  expect(seen).toContain('service.name');
  mesh.objects = base;
  await mesh.apply();
  received.length = 0;
  expect(JSON.parse((await call(at())).body).traceparent).toMatch(/-00$/);
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  for (const flags of ['01', '00', '03']) {
    const answer = await call(at(), '/', { traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}` });
    expect(JSON.parse(answer.body).traceparent, 'a trace that is being recorded goes on, another does not').toMatch(
      new RegExp(`^00-${traceId}-[0-9a-f]{16}-${flags === '00' ? '00' : '01'}$`),
    );
  }
  collector.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
});
