import { expect, test } from 'vitest';
import { type CompileOptions, compile } from './compile.ts';
import * as mesh from './sample-mesh.ts';
import { readWorld } from './world.ts';

const web = { name: 'web-1', app: 'web', ip: '127.70.1.1', port: 8080, sockets: true };
const old = { name: 'orders-1', app: 'orders', version: '1.0.0', ip: '127.70.1.2', port: 8080, sockets: true };
const next = { name: 'orders-2', app: 'orders', version: '2.0.0', ip: '127.70.1.3', port: 8080 };
const postgres = { name: 'postgres-0', app: 'postgres', ip: '127.70.1.4', port: 5432, portName: 'postgres' };

const objects = [
  mesh.namespace(),
  ...[web, old, next, postgres].map(mesh.pod),
  mesh.service('web', 'web', 8080, 'http'),
  mesh.service('orders', 'orders', 8080, 'kubernetes.io/h2c'),
  mesh.service('orders-1', 'orders', 8080, 'kubernetes.io/h2c', '1.0.0'),
  mesh.service('orders-2', 'orders', 8080, 'kubernetes.io/h2c', '2.0.0'),
  mesh.service('postgres', 'postgres', 5432, 'tcp'),
  mesh.slice('web', 8080, [web]),
  mesh.slice('orders', 8080, [old, next]),
  mesh.slice('orders-1', 8080, [old]),
  mesh.slice('orders-2', 8080, [next]),
  mesh.slice('postgres', 5432, [postgres]),
  mesh.meshRoute('GRPCRoute', 'orders', [
    {
      matches: [{ headers: [{ name: 'x-release', value: '2' }] }],
      backendRefs: mesh.backends(8080, { 'orders-2': 1 }),
    },
    { backendRefs: mesh.backends(8080, { 'orders-1': 90, 'orders-2': 10 }) },
  ]),
  mesh.allow('orders', ['web']),
  mesh.allow('postgres', ['orders']),
];

const options: CompileOptions = {
  identityBundlePem: 'PEM',
  outboundPorts: (_host, port) => 20_000 + (port % 1000),
  edgeAddress: () => undefined,
};

function compiled(name: string, extra: readonly Parameters<typeof mesh.stored>[0][] = []) {
  const world = readWorld(mesh.reader([...objects, ...extra]), 'cluster.local');
  const pod = [...world.pods.values()].find((candidate) => candidate.name === name);
  if (!pod) throw new Error(`no Pod ${name}`);
  return compile(pod, world, options);
}

const named = <T extends { name: string }>(list: readonly T[], name: string) => list.find((one) => one.name === name);
const hosts = (name: string) => Reflect.get(compiled(name).routes, 'virtual_hosts') as { name: string }[];

test('the files of a caller and of a provider are as reviewed', async () => {
  const { endpointUids: _uids, ...files } = compiled('web-1');
  await expect(`${JSON.stringify(files, null, 1)}\n`).toMatchFileSnapshot('./compile-web.golden.json');
  const { endpointUids: _others, ...provider } = compiled('postgres-0');
  await expect(`${JSON.stringify(provider.secrets, null, 1)}\n`).toMatchFileSnapshot('./compile-postgres.golden.json');
});

test('the same objects in another order give the same files', () => {
  const world = readWorld(mesh.reader([...objects].reverse()), 'cluster.local');
  const pod = world.pods.get('uid-web-1');
  if (!pod) throw new Error('no Pod');
  expect(JSON.stringify(compile(pod, world, options))).toBe(JSON.stringify(compiled('web-1')));
});

test('only what routes send to has a cluster, under the name of its release', () => {
  expect(compiled('web-1').clusters.map(({ name }) => name)).toEqual([
    'app_8080',
    'postgres_exchange_5432',
    'orders-2_exchange_8080',
    'orders-1_exchange_8080',
    'web_exchange_8080',
  ]);
  expect([...compiled('web-1').endpointUids].sort()).toEqual([
    'uid-orders-1',
    'uid-orders-2',
    'uid-postgres-0',
    'uid-web-1',
  ]);
});

test('programs with Unix sockets are reached and call by sockets, others by the Pod address', () => {
  const bySocket = compiled('web-1');
  expect(JSON.stringify(named(bySocket.listeners, 'out:orders.exchange:8080'))).toContain(
    '"address":{"pipe":{"path":"out/orders.exchange.svc.cluster.local:8080","mode":384}}',
  );
  expect(JSON.stringify(named(bySocket.clusters, 'app_8080'))).toContain('"pipe":{"path":"in/8080"}');
  const byAddress = compiled('orders-2');
  expect(JSON.stringify(named(byAddress.listeners, 'out:postgres.exchange:5432'))).toContain(
    '"socket_address":{"address":"127.70.1.3","port_value":20432}',
  );
  expect(JSON.stringify(named(byAddress.clusters, 'app_8080'))).toContain('"address":"127.70.1.3","port_value":8080');
});

test('a deny-all turns callers away who are not listed, port by port', () => {
  const denyAll = {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'deny-all', namespace: 'exchange' },
    spec: {},
  };
  const before = JSON.stringify(hosts('web-1')[0]);
  expect(before).toContain('"principals":[{"any":true}]');
  const after = JSON.stringify((Reflect.get(compiled('web-1', [denyAll]).routes, 'virtual_hosts') as unknown[])[0]);
  expect(after).toContain('"action":"ALLOW","policies":{}');
});
