import { afterAll, beforeAll, expect, test } from 'vitest';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import { cookieExpression } from '../../rollout/controller/cookie-match.ts';
import { eventually } from '../eventually.ts';
import { address } from './addresses.ts';
import { call, type Mesh, openMesh, out } from './mesh.ts';

const web = { name: 'web-1', app: 'web', ip: address(1), port: 8080, sockets: true };
const old = { name: 'orders-1', app: 'orders', version: '1.0.0', ip: address(2), port: 8080, sockets: true };
const next = { name: 'orders-2', app: 'orders', version: '2.0.0', ip: address(3), port: 8080, sockets: true };

const base = [
  sample.service('orders', 'orders', 8080, 'http'),
  sample.service('orders-1', 'orders', 8080, 'http', '1.0.0'),
  sample.service('orders-2', 'orders', 8080, 'http', '2.0.0'),
  sample.slice('orders', 8080, [old, next]),
  sample.slice('orders-1', 8080, [old]),
  sample.slice('orders-2', 8080, [next]),
];
const stable = { backendRefs: sample.backends(8080, { 'orders-1': 100, 'orders-2': 0 }) };
const mirror = (percent?: number) => ({
  type: 'RequestMirror',
  requestMirror: { backendRef: { group: '', kind: 'Service', name: 'orders-2', port: 8080 }, percent },
});

let mesh: Mesh;
const shadow: { host: string | undefined; body: string }[] = [];
beforeAll(async () => {
  mesh = await openMesh([web, old, next], base);
  await mesh.http('orders-1', 8080, (_, response) => response.setHeader('x-pod', 'orders-1').end('good'));
  await mesh.http('orders-2', 8080, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    shadow.push({ host: request.headers.host, body });
    // As slow and as wrong as can be.
    if (request.headers['x-answer'] !== 'now') return;
    response.setHeader('x-pod', 'orders-2').writeHead(500).end('bad');
  });
  await Promise.all([web, old, next].map(({ name }) => mesh.start(name)));
});
afterAll(() => mesh.end());

const orders = () => out(mesh, 'web-1', 'orders', 8080);
const calls = (count: number, headers: Record<string, string> = {}) =>
  Promise.all(Array.from({ length: count }, async () => (await call(orders(), '/', headers)).status));

test('copies go to the shadow, and callers do not feel that it never answers', async () => {
  mesh.objects = [...base, sample.meshRoute('HTTPRoute', 'orders', [{ ...stable, filters: [mirror()] }])];
  await mesh.apply();
  shadow.length = 0;
  const startedAt = performance.now();
  const statuses = await calls(50, { host: 'orders.example' });
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(performance.now() - startedAt).toBeLessThan(2000);
  await eventually(
    '50 copies',
    5000,
    () => shadow.length,
    (n) => n === 50,
  );
  expect(new Set(shadow.map(({ host }) => host))).toEqual(new Set(['orders.example']));
});

test('the shadow gets its share, and a route without the filter sends none', async () => {
  mesh.objects = [...base, sample.meshRoute('HTTPRoute', 'orders', [{ ...stable, filters: [mirror(25)] }])];
  await mesh.apply();
  shadow.length = 0;
  expect(new Set(await calls(400, { 'x-answer': 'now' }))).toEqual(new Set([200]));
  // 25 % of 400: six standard deviations are 52.
  await eventually(
    'a quarter',
    5000,
    () => shadow.length,
    (n) => Math.abs(n - 100) < 53,
  );
  const statistics = await mesh.sidecars.get('web-1')?.admin.statistics('cluster.orders-2_exchange_8080.upstream_rq');
  expect(Number(statistics?.get('cluster.orders-2_exchange_8080.upstream_rq_total'))).toBeGreaterThan(47);
  mesh.objects = [...base, sample.meshRoute('HTTPRoute', 'orders', [stable])];
  await mesh.apply();
  shadow.length = 0;
  await calls(50);
  expect(shadow).toEqual([]);
});

test('a cookie leads to the candidate, in any place of its header', async () => {
  const value = cookieExpression([{ name: 'beta', value: 'yes' }]);
  const matched = {
    matches: [{ headers: [{ type: 'RegularExpression', name: 'cookie', value }] }],
    backendRefs: sample.backends(8080, { 'orders-2': 1 }),
  };
  mesh.objects = [...base, sample.meshRoute('HTTPRoute', 'orders', [matched, stable])];
  await mesh.apply();
  const pod = async (cookie: string) => (await call(orders(), '/', { cookie, 'x-answer': 'now' })).headers['x-pod'];
  for (const cookie of ['beta=yes', 'a=1; beta=yes', 'beta=yes; z=2']) expect(await pod(cookie)).toBe('orders-2');
  for (const cookie of ['beta=no', 'xbeta=yes', 'beta=yesterday']) expect(await pod(cookie)).toBe('orders-1');
});
