import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import type { KubeObject } from '../../local/store/types.ts';
import { eventually } from '../eventually.ts';
import { address } from './addresses.ts';
import { type Calls, evidenceTarget, type Sums, startCounting } from './counting.ts';
import { call, type Mesh, openMesh, out } from './mesh.ts';

const web = { name: 'web-1', app: 'web', ip: address(1), port: 8080, sockets: true };
const old = { name: 'orders-1', app: 'orders', version: '1.0.0', ip: address(2), port: 8080, sockets: true };
const next = { name: 'orders-2', app: 'orders', version: '2.0.0', ip: address(3), port: 8080, sockets: true };
const more = { name: 'orders-3', app: 'orders', version: '2.0.0', ip: address(4), port: 8080, sockets: true };
/** Endpoint without a program or a sidecar: connections to it are refused. */
const dead = { name: 'orders-4', app: 'orders', version: '2.0.0', ip: address(5), port: 8080, sockets: true };
const edge = {
  ...{ name: 'edge-1', app: 'edge', ip: address(9), port: 8080, sockets: true },
  labels: { 'gateway.networking.k8s.io/gateway-name': 'edge' },
};

const gateway: KubeObject = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'edge', namespace: 'exchange' },
  spec: { gatewayClassName: 'parley', listeners: [{ name: 'http', port: 8080, protocol: 'HTTP' }] },
};

/** The releases with these endpoints of the candidate and these weights, within the mesh and at the edge. */
function objects(candidates: readonly sample.PodSketch[], first: number, second: number): KubeObject[] {
  const rules = [{ backendRefs: sample.backends(8080, { 'orders-1-0-0': first, 'orders-2-0-0': second }) }];
  const meshRoute = sample.meshRoute('HTTPRoute', 'orders', rules);
  return [
    gateway,
    sample.service('orders', 'orders', 8080, 'http'),
    sample.service('orders-1-0-0', 'orders', 8080, 'http', '1.0.0'),
    sample.service('orders-2-0-0', 'orders', 8080, 'http', '2.0.0'),
    sample.slice('orders', 8080, [old, ...candidates]),
    sample.slice('orders-1-0-0', 8080, [old]),
    sample.slice('orders-2-0-0', 8080, candidates),
    meshRoute,
    {
      ...meshRoute,
      metadata: { name: 'edge-orders', namespace: 'exchange' },
      spec: { parentRefs: [{ name: 'edge' }], rules },
    },
  ];
}

let mesh: Mesh;
/** The patience of a caller that gets no answer. */
const hangUp = new AbortController();
/** What the programs answered, by release: the truth that counts are held against. */
const answered = new Map<string, Calls>();
beforeAll(async () => {
  mesh = await openMesh([web, old, next, more, dead, edge], objects([next], 1, 1), {
    edgeAddress: ({ port }, pod) => `${pod.ip}:${port}`,
  });
  for (const { name, version } of [old, next, more]) {
    await mesh.http(name, 8080, (request, response) => {
      const status = request.url?.startsWith('/fail') ? 503 : 200;
      const { requests, failures } = answered.get(version) ?? { requests: 0, failures: 0 };
      answered.set(version, { requests: requests + 1, failures: failures + (status === 503 ? 1 : 0) });
      if (request.url?.startsWith('/never')) return void setTimeout(() => hangUp.abort(), 150);
      if (!request.url?.startsWith('/cut')) return response.writeHead(status).end();
      response.writeHead(200, { 'content-length': '10' }).write('half');
      return setImmediate(() => response.destroy());
    });
  }
  await Promise.all([web, old, next, more, edge].map(({ name }) => mesh.start(name)));
});
afterAll(() => mesh.end());

const orders = () => out(mesh, 'web-1', 'orders', 8080);
const atEdge = { host: edge.ip, port: 8080 };
const target = evidenceTarget('orders', 'http');
const truth = (): Sums => {
  const none = { requests: 0, failures: 0 };
  return { stable: answered.get('1.0.0') ?? none, candidate: answered.get('2.0.0') ?? none };
};
const apply = async (...change: Parameters<typeof objects>) => {
  mesh.objects = objects(...change);
  await mesh.apply();
};
const traceparent = (i: number) => ({ traceparent: `00-${String(i).padStart(32, 'a')}-${'b'.repeat(16)}-01` });

test('every call of a service and of the edge is counted once, while weights and clusters change', async () => {
  answered.clear();
  const counting = await startCounting(mesh.root, target);
  let traffic = true;
  const changes = (async () => {
    for (let round = 0; traffic; round += 1) {
      await apply(round % 2 ? [next] : [next, more], round % 3, 1 + (round % 2));
      await counting.read();
    }
  })();
  for (let i = 0; i < 300; i += 1) {
    const path = i % 7 === 0 ? `/fail?secret=${i}` : '/';
    await call(orders(), path, traceparent(i));
    await call(atEdge, path, traceparent(1000 + i));
  }
  traffic = false;
  await changes;
  expect(await counting.until(600)).toEqual(truth());
  const { stable, candidate } = truth();
  expect(stable.failures + candidate.failures).toBe(2 * Math.ceil(300 / 7));
  for (const release of ['1.0.0', '2.0.0']) {
    const example = counting.examples.find((one) => one.release === release);
    expect(example).toMatchObject({ what: 'GET /fail: 503', traceId: expect.stringMatching(/^a+\d+$/) });
  }
  expect(JSON.stringify(counting.examples)).not.toContain('secret');
  await counting.close();
});

test('what a sidecar counted is kept when it is killed, and the next one begins at zero', async () => {
  await apply([next], 0, 1);
  answered.clear();
  const counting = await startCounting(mesh.root, target);
  for (let i = 0; i < 20; i += 1) await call(orders(), '/fail');
  await counting.until(20);
  const { pid } = JSON.parse(readFileSync(join(mesh.dir('web-1'), 'sidecar/process.json'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  const again = () => call(orders(), '/').then(({ status }) => status);
  await eventually('the sidecar is back', 5000, again, (status) => status === 200);
  // More than before it was killed: that its counters began anew does not show in the counters themselves.
  for (let i = 0; i < 29; i += 1) await call(orders(), i < 25 ? '/fail' : '/');
  const { requests } = truth().candidate;
  expect(await counting.until(requests)).toEqual({ ...truth(), stable: { requests: 0, failures: 0 } });
  await counting.close();
});

test('calls that reached nobody, or broke off, are failures of the release that they were meant for', async () => {
  await apply([next], 0, 1);
  const counting = await startCounting(mesh.root, target);
  await Promise.allSettled(Array.from({ length: 5 }, () => call(orders(), '/cut')));
  expect((await counting.until(5)).candidate).toEqual({ requests: 5, failures: 5 });
  await apply([dead], 0, 1);
  for (let i = 0; i < 4; i += 1) expect((await call(orders())).status).toBe(503);
  await apply([], 0, 1);
  for (let i = 0; i < 3; i += 1) expect((await call(orders())).status).toBe(503);
  expect(await counting.until(12)).toEqual({
    stable: { requests: 0, failures: 0 },
    candidate: { requests: 12, failures: 12 },
  });
  const told = new Set(counting.examples.map(({ what }) => what.replace(/\(.*\)/, '')));
  expect([...told]).toEqual(['GET /cut: 200, then broken off ', 'GET /: 503 ']);
  await counting.close();
});

/** The answer of a sidecar as it would be read by somebody who takes `upstream_rq_total` for the calls that ended. */
function byTotal(answer: string): string {
  const stats = (JSON.parse(answer) as { stats: { name?: string }[] }).stats.filter(
    ({ name }) => !name?.startsWith('calls.ended.'),
  );
  const totals = stats.flatMap((one) => {
    const to = /^cluster\.([^.]+)\.upstream_rq_total$/.exec(one.name ?? '')?.[1];
    return to ? [{ ...one, name: `calls.ended.to.${to}.flags.-` }] : [];
  });
  return JSON.stringify({ stats: [...stats, ...totals] });
}

test('a source that counted by upstream_rq_total would miss calls that reached nobody', async () => {
  await apply([dead], 0, 1);
  const counting = await startCounting(mesh.root, target);
  const wrong = await startCounting(mesh.root, target, (sidecars) => ({
    ...sidecars,
    list: () =>
      sidecars.list().map((sidecar) => ({ ...sidecar, get: async (path) => byTotal(await sidecar.get(path)) })),
  }));
  for (let i = 0; i < 4; i += 1) await call(orders());
  expect((await counting.until(4)).candidate).toEqual({ requests: 4, failures: 4 });
  await eventually('failures are read', 3000, wrong.read, ({ candidate }) => candidate.failures === 4);
  expect((await wrong.read()).candidate.requests).toBe(0);
  await Promise.all([counting.close(), wrong.close()]);
});

test('what is missing is said: a Service, a call, a sidecar', async () => {
  await apply([next], 1, 1);
  const unknown = { ...target, candidate: '9.9.9' };
  const counting = await startCounting(mesh.root, target);
  await expect(startCounting(mesh.root, unknown)).rejects.toThrow(
    'no sidecar has a cluster orders-9-9-9_exchange_8080: there is no Service orders-9-9-9 with port 8080 (Type: kubectl get service orders-9-9-9 -n exchange)',
  );
  expect(await counting.source.preflight(target)).toEqual([]);
  expect(await counting.source.preflight(evidenceTarget('web', 'http'))).toMatchObject([
    { what: expect.stringContaining('no Service web-2-0-0') },
  ]);
  await expect(startCounting(mesh.dir('orders-1'), target)).rejects.toThrow('no Pod of the cluster has a sidecar');
  await counting.close();
});

test('a caller whose sidecar is silent is waited for, and then named', async () => {
  await apply([next], 1, 1);
  const counting = await startCounting(mesh.root, target);
  await call(orders());
  await counting.until(1);
  const { pid } = JSON.parse(readFileSync(join(mesh.dir('web-1'), 'sidecar/process.json'), 'utf8'));
  process.kill(pid, 'SIGSTOP');
  try {
    const stoppedAtMs = performance.now();
    await counting.read();
    const trouble = () => counting.read().then(() => 'none', String);
    const told = await eventually('it is missing', 10_000, trouble, (text) => text !== 'none');
    expect(told).toMatch(/the sidecar of exchange\/web-1, which calls the service, has not answered/);
    expect(performance.now() - stoppedAtMs).toBeGreaterThan(3000);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await eventually('it counts again', 5000, counting.read);
  await call(orders());
  expect((await counting.until(2)).candidate.failures).toBe(0);
  await counting.close();
});

test('copies of requests are counted for the candidate as it answered them, and callers are not held to see them', async () => {
  const backend = { group: '', kind: 'Service', name: 'orders-2-0-0', port: 8080 };
  mesh.objects = objects([next], 1, 0).map((object) => {
    if (object.kind !== 'HTTPRoute') return object;
    const rule = {
      filters: [{ type: 'RequestMirror', requestMirror: { backendRef: backend } }],
      backendRefs: sample.backends(8080, { 'orders-1-0-0': 1 }),
    };
    return { ...object, spec: { ...(object.spec as object), rules: [rule] } };
  });
  await mesh.apply();
  answered.clear();
  const counting = await startCounting(mesh.root, target);
  const forged = { 'x-parley-mirrored-to': 'orders-2-0-0_exchange_8080' };
  for (let i = 0; i < 20; i += 1) await call(i % 2 ? orders() : atEdge, i < 6 ? '/fail' : '/', forged);
  const calls = { requests: 20, failures: 6 };
  expect(await counting.until(40)).toEqual({ stable: calls, candidate: calls });
  expect(truth()).toEqual({ stable: calls, candidate: calls });
  const told = counting.examples.filter(({ release }) => release === '2.0.0').map(({ what }) => what);
  expect(new Set(told)).toEqual(new Set(['GET /fail: 503']));
  await counting.close();
});

test('a caller that hangs up without an answer made no call that ended, but how long it waited is seen', async () => {
  await apply([next], 0, 1);
  const counting = await startCounting(mesh.root, target);
  const reader = counting.source.open(target);
  await eventually('the reader has begun', 3000, () => reader.read());
  await expect(call(orders(), '/never', {}, 'GET', hangUp.signal)).rejects.toThrow();
  await call(orders());
  const wait = await eventually('the wait is seen', 3000, async () => {
    const reading = await reader.read();
    const { boundsMs, counts } = (reading.kind === 'counts' && reading.candidate.latency) || {
      boundsMs: [],
      counts: [],
    };
    return boundsMs.find((bound, index) => bound >= 150 && counts[index]);
  });
  expect(wait).toBeLessThanOrEqual(5000);
  expect((await counting.until(1)).candidate).toEqual({ requests: 1, failures: 0 });
  await counting.close();
});
