import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../local/clock.ts';
import { openAuthority } from '../../local/pki/authority.ts';
import { filesOf, readConfig } from '../../local/sidecar/config-files.ts';
import { plan } from '../../local/sidecar/push-plan.ts';
import { files } from '../../local/sidecar/resource.ts';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import { startSidecar } from '../../local/sidecar/sidecar.ts';
import { envoyPath } from '../envoy.ts';
import { eventually } from '../eventually.ts';
import { address } from './addresses.ts';
import { call, type Mesh, openMesh, out } from './mesh.ts';

const web = { name: 'web-1', app: 'web', ip: address(1), port: 8080, sockets: true };
const orders = { name: 'orders-1', app: 'orders', ip: address(2), port: 8080, sockets: true };
const second = { name: 'orders-2', app: 'orders', version: '2.0.0', ip: address(3), port: 8080, sockets: true };
const third = { name: 'orders-3', app: 'orders', ip: address(4), port: 8080, sockets: true };
const base = [sample.service('orders', 'orders', 8080, 'http'), sample.slice('orders', 8080, [orders])];

let mesh: Mesh;
beforeAll(async () => {
  mesh = await openMesh([web, orders, second, third], base);
  await mesh.http('orders-1', 8080, (_request, response) => response.end('ok'));
  await Promise.all(['web-1', 'orders-1'].map((name) => mesh.start(name)));
});
afterAll(() => mesh.end());

const at = () => out(mesh, 'web-1', 'orders', 8080);
const sidecarOf = (name: string) => {
  const found = mesh.sidecars.get(name);
  if (!found) throw new Error(`no sidecar ${name}`);
  return found;
};

test('endpoints, clusters and weights change thirty times under load, and no request fails', async () => {
  await mesh.http('orders-2', 8080, (_request, response) => response.end('ok'));
  await mesh.start('orders-2');
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const statuses = new Map<number, number>();
  let going = true;
  const client = async () => {
    while (going) {
      const [response] = await once(request({ ...at(), path: '/', agent }).end(), 'response');
      response.resume();
      await once(response, 'end');
      statuses.set(response.statusCode, (statuses.get(response.statusCode) ?? 0) + 1);
    }
  };
  const clients = Promise.all(Array.from({ length: 8 }, client));
  const both = [
    sample.service('orders', 'orders', 8080, 'http'),
    ...['orders-1', 'orders-2'].map((name, index) => sample.service(name, 'orders', 8080, 'http', `${index + 1}.0.0`)),
    sample.slice('orders-1', 8080, [orders]),
    sample.slice('orders-2', 8080, [second]),
  ];
  for (let round = 0; round < 10; round++) {
    mesh.objects = [sample.service('orders', 'orders', 8080, 'http'), sample.slice('orders', 8080, [second])];
    await mesh.apply();
    mesh.objects = [
      ...both,
      sample.slice('orders', 8080, [orders]),
      sample.meshRoute('HTTPRoute', 'orders', [
        { backendRefs: sample.backends(8080, { 'orders-1': round, 'orders-2': 1 }) },
      ]),
    ];
    await mesh.apply();
    mesh.objects = base;
    await mesh.apply();
  }
  going = false;
  await clients;
  agent.destroy();
  expect([...statuses.keys()]).toEqual([200]);
  expect(statuses.get(200)).toBeGreaterThan(100);
  await sidecarOf('orders-2').stop();
  mesh.sidecars.delete('orders-2');
});

test('what is not changed is not written, and clusters come before routes and go after them', () => {
  const before = filesOf(mesh.compiled('web-1'));
  expect(plan(before, before)).toEqual([]);
  mesh.objects = [
    ...base,
    sample.service('orders-2', 'orders', 8080, 'http', '2.0.0'),
    sample.meshRoute('HTTPRoute', 'orders', [{ backendRefs: sample.backends(8080, { 'orders-2': 1 }) }]),
  ];
  const after = filesOf(mesh.compiled('web-1'));
  mesh.objects = base;
  const steps = plan(before, after).map(({ file }) => [file.path, file.resources.map(({ name }) => name)]);
  expect(steps.map(([path]) => path)).toEqual([
    'sidecar/cds.json',
    'sidecar/rds.json',
    'sidecar/lds.json',
    'sidecar/cds.json',
  ]);
  expect(steps[0]?.[1]).toContain('orders_exchange_8080');
  expect(steps[3]?.[1]).not.toContain('orders_exchange_8080');
});

test('a refused configuration is told in the words of Envoy, and the last good one stays in force and on disk', async () => {
  const sidecar = sidecarOf('web-1');
  const good = mesh.compiled('web-1');
  const bad = {
    ...good,
    routes: {
      ...good.routes,
      virtual_hosts: [
        { name: 'a', domains: ['x'] },
        { name: 'b', domains: ['x'] },
      ],
    },
  };
  const result = await sidecar.push(bad);
  expect(result).toMatchObject({ outcome: 'rejected', message: expect.stringMatching(/domain/i) });
  expect(readConfig(mesh.dir('web-1'), 'sidecar/rds.json')?.resources).toEqual([good.routes]);
  expect((await call(at())).status).toBe(200);
  expect(await sidecar.push(bad)).toBe(result);
  expect(await sidecar.push(good)).toEqual({ outcome: 'confirmed' });
  expect((await call(at())).status).toBe(200);
});

test('a bad cluster is taken back as a whole', async () => {
  const good = mesh.compiled('web-1');
  const [first] = good.clusters;
  const bad = {
    ...good,
    clusters: [...good.clusters, { ...first, '@type': first?.['@type'] ?? '', name: 'bad', type: 'NONSENSE' }],
  };
  expect(await sidecarOf('web-1').push(bad)).toMatchObject({
    outcome: 'rejected',
    message: expect.stringMatching(/NONSENSE/),
  });
  const statistics = await sidecarOf('web-1').admin.statistics('cds.version_text');
  expect(statistics.get('cluster_manager.cds.version_text')).toBe(filesOf(good).get('sidecar/cds.json')?.version);
});

test('kill -9 of a sidecar: it is back by itself', async () => {
  const record = join(mesh.dir('web-1'), 'sidecar/process.json');
  const { pid } = JSON.parse(readFileSync(record, 'utf8'));
  process.kill(pid, 'SIGKILL');
  const killed = Date.now();
  await eventually(
    'a sidecar that answers again',
    5000,
    () => call(at()),
    ({ status }) => status === 200,
  );
  expect(Date.now() - killed).toBeLessThan(3000);
  expect(JSON.parse(readFileSync(record, 'utf8')).pid).not.toBe(pid);
  expect(mesh.events).toContainEqual(expect.stringMatching(/SidecarRestarted: the sidecar ended \(SIGKILL\)/));
});

test('certificates are replaced at half of their life while requests go on', async () => {
  const short = await openAuthority({
    dir: join(mesh.root, 'pki'),
    clock: systemClock,
    trustDomain: 'cluster.local',
    identityLifeMs: 61_500,
  });
  await sidecarOf('orders-1').stop();
  const podDir = mesh.dir('orders-1');
  const options = {
    pod: sidecarOf('orders-1').pod,
    podDir,
    authority: short,
    envoy: await envoyPath(),
    clock: systemClock,
  };
  const failures: string[] = [];
  // Identities are dated back by a minute: half of 121.5 s is over in 0.75 s.
  const sidecar = await startSidecar(
    { ...options, onBack: () => undefined, onEvent: (reason) => failures.push(reason) },
    mesh.compiled('orders-1'),
  );
  mesh.sidecars.set('orders-1', sidecar);
  await eventually(
    'the provider answers',
    5000,
    () => call(at()),
    ({ status }) => status === 200,
  );
  const serial = async () => {
    const socket = connect({
      host: orders.ip,
      port: 15006,
      servername: 'p8080',
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
    });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const statuses = new Map<number, number>();
  let going = true;
  const load = (async () => {
    while (going) {
      const [response] = await once(request({ ...at(), path: '/', agent }).end(), 'response');
      response.resume();
      await once(response, 'end');
      statuses.set(response.statusCode, (statuses.get(response.statusCode) ?? 0) + 1);
    }
  })();
  const seen = new Set<string>();
  await eventually(
    'three certificates',
    10_000,
    async () => seen.add(await serial()).size,
    (count) => count >= 3,
  );
  going = false;
  await load;
  agent.destroy();
  expect([...statuses.keys()]).toEqual([200]);
  expect(failures).toEqual([]);
});

test('a file that an earlier daemon left without a confirmation is in force only when the Envoy has taken it', async () => {
  await mesh.http('orders-3', 8080, (_request, response) => response.end('third'));
  await mesh.start('orders-3');
  mesh.objects = [sample.service('orders', 'orders', 8080, 'http'), sample.slice('orders', 8080, [third])];
  sidecarOf('web-1').release();
  for (const file of filesOf(mesh.compiled('web-1')).values()) {
    // In place, without a rename: as if the daemon had died before the Envoy saw it.
    const body = JSON.stringify({ version_info: file.version, resources: file.resources });
    writeFileSync(join(mesh.dir('web-1'), file.path), body);
  }
  const pid = () => JSON.parse(readFileSync(join(mesh.dir('web-1'), files.record), 'utf8')).pid as number;
  const before = pid();
  await mesh.start('web-1');
  expect((await call(at())).body).toBe('third');
  expect(pid()).toBe(before);
});
