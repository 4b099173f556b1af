import { expect, test } from 'vitest';
import { sampleIntent } from '../intent-sample.ts';
import { edgeEnvoy, edgeFiles } from './edge-envoy.ts';

const bootstrap = edgeEnvoy(sampleIntent());
const { listeners, clusters } = bootstrap.static_resources;

test('it listens on the ports of the Gateway and on the admin port', () => {
  expect(listeners.map(({ name, address }) => [name, address.socket_address.port_value])).toEqual([
    ['http', 8080],
    ['https', 8443],
    ['admin', 9090],
  ]);
});

test('only the HTTPS listener ends TLS, with the mounted certificate', () => {
  expect(listeners.map(({ filter_chains }) => filter_chains[0]?.transport_socket?.name)).toEqual([
    undefined,
    'envoy.transport_sockets.tls',
    undefined,
  ]);
  expect(JSON.stringify(listeners[1])).toContain(`"filename":"${edgeFiles.tls}/tls.crt"`);
});

test('paths lead to apex Services, the longest first, without a time-out of its own; nothing leads to a service without an edge', () => {
  expect(listeners[0]).toMatchObject({
    filter_chains: [
      {
        filters: [
          {
            typed_config: {
              route_config: {
                virtual_hosts: [
                  {
                    domains: ['*'],
                    routes: [
                      {
                        match: { path_separated_prefix: '/shop.store.v1.Store' },
                        route: { cluster: 'store', timeout: '0s' },
                      },
                      { match: { path_separated_prefix: '/shop' }, route: { cluster: 'web', timeout: '0s' } },
                    ],
                  },
                ],
              },
            },
          },
        ],
      },
    ],
  });
  expect(clusters.map(({ name }) => name)).toEqual(['web', 'store', 'admin']);
});

test('upstreams are the apex Services, never a release: the proxy of the mesh does the split', () => {
  expect(JSON.stringify(clusters)).toContain('"address":"store.shop.svc.cluster.local","port_value":8080');
  expect(JSON.stringify(bootstrap)).not.toMatch(/-1-0-0|-2-0-0/);
});

test('gRPC goes upstream by HTTP/2, HTTP by HTTP/1', () => {
  const options = clusters.map(({ typed_extension_protocol_options: each }) => JSON.stringify(each) ?? '');
  expect(
    options.map((each) => [each.includes('http2_protocol_options'), each.includes('"http_protocol_options"')]),
  ).toEqual([
    [false, true],
    [true, false],
    [false, false],
  ]);
});

test('its own administration is not reachable by network', () => {
  expect(bootstrap.admin.address).toEqual({ pipe: { path: edgeFiles.admin, mode: 0o600 } });
});
