import { expect, test } from 'vitest';
import type { KubeObject } from '../store/types.ts';
import { appPorts } from './inbound.ts';
import * as mesh from './sample-mesh.ts';
import { readWorld } from './world.ts';

const orders = { name: 'orders-1', app: 'orders', ip: '127.70.1.2', port: 8080, portName: 'main' };

function worldOf(...objects: readonly KubeObject[]) {
  return readWorld(mesh.reader([mesh.namespace(), mesh.pod(orders), ...objects]), 'cluster.local');
}

const server = (proxyProtocol: string, port: number | string = 8080): KubeObject => ({
  apiVersion: 'policy.linkerd.io/v1beta3',
  kind: 'Server',
  metadata: { name: 'orders-server', namespace: 'exchange' },
  spec: { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'orders' } }, port, proxyProtocol },
});

/** A Service whose port says no protocol. */
const silent = (name: string): KubeObject => {
  const { appProtocol: _none, ...port } = { name: 'main', port: 80, targetPort: 8080, appProtocol: '' };
  return {
    ...mesh.service(name, 'orders', 80, 'http'),
    spec: { selector: { 'app.kubernetes.io/name': 'orders' }, ports: [port] },
  };
};

test.each([
  ['opaque', 'tcp'],
  ['TLS', 'tcp'],
  ['HTTP/1', 'http'],
  ['HTTP/2', 'grpc'],
  ['gRPC', 'grpc'],
  ['unknown', 'tcp'],
])('a Service and a port that say nothing follow proxyProtocol %s: %s', (proxyProtocol, expected) => {
  for (const port of [8080, 'main']) {
    const withService = worldOf(silent('orders'), server(proxyProtocol, port));
    expect(withService.services.get('exchange/orders')?.ports[0]?.protocol).toBe(expected);
    expect(withService.protocolConflicts).toEqual([]);
    const alone = worldOf(server(proxyProtocol, port));
    const pod = alone.pods.get('uid-orders-1');
    expect(pod && appPorts(pod, [], alone.serverProtocol)).toEqual([{ port: 8080, name: 'main', protocol: expected }]);
  }
});

test('a Server that contradicts the appProtocol of a Service is named, with both', () => {
  const { services, protocolConflicts } = worldOf(mesh.service('orders', 'orders', 8080, 'http'), server('gRPC'));
  expect(services.get('exchange/orders')?.ports[0]?.protocol).toBe('http');
  expect(protocolConflicts).toEqual([
    {
      kind: 'Server.policy.linkerd.io',
      namespace: 'exchange',
      name: 'orders-server',
      message: expect.stringMatching(/gRPC \(grpc\), but Service orders says http of port 8080; http is in force/),
    },
  ]);
  expect(worldOf(mesh.service('orders', 'orders', 8080, 'grpc'), server('gRPC')).protocolConflicts).toEqual([]);
});

test('two Services that disagree about one app port are named, both', () => {
  const services = [mesh.service('orders', 'orders', 8080, 'http'), mesh.service('raw', 'orders', 8080, 'tcp')];
  expect(worldOf(...services).protocolConflicts).toEqual([
    {
      kind: 'Service',
      namespace: 'exchange',
      name: 'raw',
      message: expect.stringMatching(/port 8080.*Service raw says tcp, Service orders says http; http is in force/),
    },
  ]);
});
