import { createServer as createHttp2Server, connect as http2Connect } from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../local/clock.ts';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import type { Example } from '../../rollout/core/evidence.ts';
import { sidecarEvidence } from '../../rollout/evidence/sidecar-evidence.ts';
import { sidecarsIn } from '../../rollout/evidence/sidecar-folder.ts';
import type { EvidenceReader, EvidenceTarget } from '../../rollout/evidence/source.ts';
import { eventually } from '../eventually.ts';
import { address } from './addresses.ts';
import { call, type Mesh, openMesh, out } from './mesh.ts';

const web = { name: 'web-1', app: 'web', ip: address(1), port: 8080, sockets: true };
const old = { name: 'orders-1', app: 'orders', version: '1.0.0', ip: address(2), port: 8080, sockets: true };
const next = { name: 'orders-2', app: 'orders', version: '2.0.0', ip: address(3), port: 8080, sockets: true };
const more = { name: 'orders-3', app: 'orders', version: '2.0.0', ip: address(4), port: 8080, sockets: true };

const services = [
  sample.service('orders', 'orders', 8080, 'http'),
  sample.service('orders-1-0-0', 'orders', 8080, 'http', '1.0.0'),
  sample.service('orders-2-0-0', 'orders', 8080, 'http', '2.0.0'),
  sample.slice('orders', 8080, [old, next]),
  sample.slice('orders-1-0-0', 8080, [old]),
];
const split = (first: number, second: number) =>
  sample.meshRoute('HTTPRoute', 'orders', [
    { backendRefs: sample.backends(8080, { 'orders-1-0-0': first, 'orders-2-0-0': second }) },
  ]);
const objects = (pods: readonly sample.PodSketch[], first: number, second: number) => [
  ...services,
  sample.slice('orders-2-0-0', 8080, pods),
  split(first, second),
];

const target: EvidenceTarget = {
  namespace: 'exchange',
  service: 'orders',
  port: 8080,
  protocol: 'http',
  stable: '1.0.0',
  candidate: '2.0.0',
  counters: [],
  gauges: [],
};

let mesh: Mesh;
const seen = new Map<string, { requests: number; failures: number }>();
beforeAll(async () => {
  mesh = await openMesh([web, old, next, more], objects([next], 1, 1));
  for (const { name, version } of [old, next, more]) {
    await mesh.http(name, 8080, (request, response) => {
      const status = request.url?.startsWith('/fail') ? 503 : 200;
      const counts = seen.get(version) ?? { requests: 0, failures: 0 };
      seen.set(version, { requests: counts.requests + 1, failures: counts.failures + (status === 503 ? 1 : 0) });
      response.writeHead(status).end();
    });
  }
  await Promise.all([web, old, next, more].map(({ name }) => mesh.start(name)));
});
afterAll(() => mesh.end());

const totals = () => ({ stable: { requests: 0, failures: 0 }, candidate: { requests: 0, failures: 0 } });

/** Adds one reading to the sums of a test. */
async function readInto(reader: EvidenceReader, sums: ReturnType<typeof totals>, examples: Example[] = []) {
  const reading = await reader.read();
  if (reading.kind === 'missing') throw new Error(`${reading.reason} (${reading.hint})`);
  for (const release of ['stable', 'candidate'] as const) {
    sums[release].requests += reading[release].requests;
    sums[release].failures += reading[release].failures;
  }
  examples.push(...reading.examples);
  return sums;
}

test('every call is counted once, while weights and clusters change', async () => {
  const source = sidecarEvidence({ sidecars: sidecarsIn(mesh.root), clock: systemClock });
  const reader = source.open(target);
  const sums = totals();
  const examples: Example[] = [];
  await readInto(reader, sums);
  let traffic = true;
  const changes = (async () => {
    for (let round = 0; traffic; round += 1) {
      mesh.objects = objects(round % 2 ? [next] : [next, more], round % 3, 1 + (round % 2));
      await mesh.apply();
      await readInto(reader, sums, examples);
    }
  })();
  for (let i = 0; i < 600; i += 1) {
    const path = i % 7 === 0 ? `/fail?secret=${i}` : '/';
    await call(out(mesh, 'web-1', 'orders', 8080), path, {
      traceparent: `00-${String(i).padStart(32, 'a')}-${'b'.repeat(16)}-01`,
    });
  }
  traffic = false;
  await changes;
  const wanted = { stable: seen.get('1.0.0'), candidate: seen.get('2.0.0') };
  await eventually(
    'all calls are counted',
    3000,
    () => readInto(reader, sums, examples),
    (now) => now.stable.requests + now.candidate.requests >= 600,
  );
  expect(sums).toEqual(wanted);
  expect(examples.length).toBeGreaterThan(3);
  reader.close();
  await source.close();
});
