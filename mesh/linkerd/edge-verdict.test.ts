import { expect, test } from 'vitest';
import type { Edge, Seen } from '../edges/edge.ts';
import { identityOf } from '../identity.ts';
import { type LinkerdProxy, linkerdVerdict, readLinkerdProxy } from './edge-verdict.ts';
import { readSamples } from './proxy-metrics.ts';

const name = (serviceAccount: string) =>
  identityOf('linkerd', { trustDomain: 'cluster.local', namespace: 'exchange', serviceAccount });
const edge: Edge = {
  source: 'orders',
  destination: 'accounts',
  port: 8080,
  clientIdentity: name('orders'),
  serverIdentity: name('accounts'),
};

/** The labels and their order are those of linkerd-proxy; names and numbers are the exchange's. */
const outbound = `# HELP tcp_open_total Total count of opened connections.
# TYPE tcp_open_total counter
tcp_open_total{direction="outbound",peer="src",target_addr="0.0.0.0:4140",target_ip="0.0.0.0",target_port="4140",tls="no_identity",no_tls_reason="loopback"} 12
tcp_open_total{direction="outbound",peer="dst",authority="accounts.exchange.svc.cluster.local:8080",target_addr="10.42.0.31:8080",target_ip="10.42.0.31",target_port="8080",tls="true",server_id="accounts.exchange.serviceaccount.identity.linkerd.cluster.local",dst_control_plane_ns="linkerd",dst_deployment="accounts-1-4-0",dst_namespace="exchange",dst_pod="accounts-1-4-0-8469756977-bc2p7",dst_serviceaccount="accounts",dst_zone="",dst_zone_locality="unknown"} 3
`;
const inbound = `tcp_open_total{direction="inbound",peer="src",target_addr="10.42.0.31:8080",target_ip="10.42.0.31",target_port="8080",tls="true",client_id="orders.exchange.serviceaccount.identity.linkerd.cluster.local",srv_group="policy.linkerd.io",srv_kind="server",srv_name="accounts"} 3
tcp_open_total{direction="inbound",peer="src",target_addr="10.42.0.31:9090",target_ip="10.42.0.31",target_port="9090",tls="no_identity",no_tls_reason="no_tls_from_remote",srv_group="",srv_kind="default",srv_name="deny"} 60
inbound_http_authz_allow_total{target_addr="10.42.0.31:9090",target_ip="10.42.0.31",target_port="9090",route_kind="default",route_name="probe",authz_kind="default",authz_name="probe",tls="no_identity",no_tls_reason="no_tls_from_remote"} 60
inbound_http_authz_allow_total{target_addr="10.42.0.31:8080",target_ip="10.42.0.31",target_port="8080",authz_kind="authorizationpolicy",authz_name="accounts-from-orders",tls="true",client_id="orders.exchange.serviceaccount.identity.linkerd.cluster.local"} 7
`;

const seen = (pod: string, ip: string, metrics: string): Seen<LinkerdProxy> => ({
  pod,
  ip,
  state: 'read',
  proxy: readLinkerdProxy(metrics),
});
const verdict = (from = outbound, to = inbound) =>
  linkerdVerdict(edge, [seen('orders-1', '10.42.0.30', from)], [seen('accounts-1', '10.42.0.31', to)]);
const against = (reason: string) => ({ state: 'no', reason: expect.stringContaining(reason) });

test('secured: TLS with the right names on both sides, and nobody let in without', () => {
  expect(verdict()).toEqual({ secured: { state: 'yes' }, connections: 3 });
});

test('without traffic Linkerd shows nothing', () => {
  const idle = { secured: { state: 'unknown', reason: expect.stringContaining('no traffic yet') }, connections: 0 };
  expect(verdict('', inbound)).toEqual(idle);
  expect(linkerdVerdict(edge, [], [])).toEqual({ secured: { state: 'unknown', reason: 'orders has no ready Pod' } });
});

test('not secured: no TLS, another server, another client, someone let in without', () => {
  const plain = outbound.replace(
    /tls="true",server_id="[^"]+"/,
    'tls="no_identity",no_tls_reason="not_provided_by_service_discovery"',
  );
  expect(verdict(plain).secured).toEqual(against('3 connections to 10.42.0.31 without TLS (not_provided'));
  expect(verdict(outbound.replace('server_id="accounts.', 'server_id="other.')).secured).toEqual(
    against('were to other.'),
  );
  expect(verdict(outbound, inbound.replaceAll('client_id="orders.', 'client_id="other.')).secured).toEqual(
    against('counted no TLS connection of orders.'),
  );
  const open = inbound.replace(
    /(authz_name="accounts-from-orders",)tls="true",client_id="[^"]+"/,
    '$1tls="no_identity"',
  );
  expect(verdict(outbound, open).secured).toEqual(against('let 7 in on port 8080 without TLS'));
});

test('labels with escapes, values with a time, and lines that are none', () => {
  const line = 'a_total{path="say \\"hi\\", \\\\ and\\nso on",le="+Inf"} 1.5e3 1700000000000';
  expect(readSamples(`${line}\nb_total 2\n`, new Set(['a_total', 'b_total']))).toEqual([
    { name: 'a_total', labels: { path: 'say "hi", \\ and\nso on', le: '+Inf' }, value: 1500 },
    { name: 'b_total', labels: {}, value: 2 },
  ]);
  expect(() => readSamples('<html>', new Set())).toThrow(expect.objectContaining({ code: 'BadMetrics' }));
});
