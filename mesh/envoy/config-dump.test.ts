import { expect, test } from 'vitest';
import { chainsFor, type InboundChain, readConfigDump } from './config-dump.ts';
import { recorded } from './recorded.ts';

const taking = { tls: true, wantsClient: true };

test('Envoy goes by the port first and does not come back from there', () => {
  const chains: InboundChain[] = [
    { name: 'a', port: 15_006, taking },
    { name: 'b', port: 8080, taking },
    { name: 'c', taking },
  ];
  expect(chainsFor(chains, 8080).map(({ name }) => name)).toEqual(['b']);
  expect(chainsFor(chains, 5432).map(({ name }) => name)).toEqual(['c']);
});

test('the labels of an endpoint choose the transport socket of its cluster', () => {
  const upstreams = (change: (text: string) => string) =>
    readConfigDump(recorded('istio-orders', change).configDump).upstreams.map(({ cluster, ip, sending }) => ({
      cluster,
      ip,
      tls: sending.tls,
    }));
  const postgres = { cluster: 'outbound|5432||postgres.exchange.svc.cluster.local', ip: '10.244.0.11' };
  expect(upstreams((text) => text)).toContainEqual({ ...postgres, tls: true });
  const unlabelled = (text: string) =>
    text.replaceAll('"envoy.transport_socket_match":{"tlsMode":"istio"}', '"other":{}');
  expect(upstreams(unlabelled)).toContainEqual({ ...postgres, tls: false });
});
