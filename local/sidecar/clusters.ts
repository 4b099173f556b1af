import { callCounters } from '../../mesh/envoy/call-counters.ts';
import { endpointMetadata } from './call-log.ts';
import { protoDuration } from './duration.ts';
import type { Protocol } from './protocol.ts';
import { extension, type Message, pipeAddress, type Resource, socketAddress, typed } from './resource.ts';
import type { Endpoint } from './services.ts';
import { outboundTls } from './tls.ts';

/** The one inbound port of every sidecar. */
export const inboundPort = 15006;

const clusterType = 'envoy.config.cluster.v3.Cluster';
const optionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
/** Envoy's defaults refuse the 1025th request at once; overload is the app's to answer. */
const unlimited = {
  thresholds: [
    { max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000, max_retries: 100_000 },
  ],
};
/** Below the keep-alive time-out of every common server (Node: 5 s), or requests meet a connection that closes. */
const appIdleMs = 4000;

/** When endpoints are taken out for a while; absent parts keep Envoy's default. */
export interface Outliers {
  readonly consecutive5xx?: number;
  readonly consecutiveGateway?: number;
  readonly intervalMs?: number;
  readonly baseEjectionMs?: number;
  readonly maxEjectionMs?: number;
  readonly maxEjectionPercent?: number;
}

function outlierDetection(outliers: Outliers): Message {
  const time = (name: string, ms: number | undefined) => (ms === undefined ? {} : { [name]: protoDuration(ms) });
  return {
    // Zero switches the check off, as Istio has it.
    ...(outliers.consecutive5xx === 0 ? { enforcing_consecutive_5xx: 0 } : {}),
    ...(outliers.consecutive5xx ? { consecutive_5xx: outliers.consecutive5xx } : {}),
    ...(outliers.consecutiveGateway
      ? { consecutive_gateway_failure: outliers.consecutiveGateway, enforcing_consecutive_gateway_failure: 100 }
      : {}),
    enforcing_success_rate: 0,
    ...time('interval', outliers.intervalMs),
    ...time('base_ejection_time', outliers.baseEjectionMs),
    ...time('max_ejection_time', outliers.maxEjectionMs),
    ...(outliers.maxEjectionPercent === undefined ? {} : { max_ejection_percent: outliers.maxEjectionPercent }),
  };
}

function httpOptions(options: Message): Message {
  return { typed_extension_protocol_options: { [optionsName]: typed(optionsName, options) } };
}

export const appCluster = (port: number): string => `app_${port}`;
/** TCP apps have a prefix of their own: their open connections are what keeps a Pod from being drained. */
export const tcpAppCluster = (port: number): string => `apptcp_${port}`;

/** From the sidecar to the app: its Unix socket `in/<port>`, or its Pod address. */
export function inboundCluster(port: number, protocol: Protocol, ip: string, sockets: boolean): Resource {
  const name = protocol === 'tcp' ? tcpAppCluster(port) : appCluster(port);
  const options = {
    explicit_http_config: protocol === 'grpc' ? { http2_protocol_options: {} } : { http_protocol_options: {} },
    common_http_protocol_options: { idle_timeout: protoDuration(appIdleMs) },
  };
  return typed(clusterType, {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    circuit_breakers: unlimited,
    ...(protocol === 'tcp' ? {} : httpOptions(options)),
    load_assignment: {
      cluster_name: name,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: sockets ? pipeAddress(`in/${port}`) : socketAddress(ip, port) } }] },
      ],
    },
  });
}

/** Endpoints that share a weight: those of one backend Service. */
export interface Share {
  readonly name: string;
  /** Name of the backend's port in counters (mesh/envoy/call-counters.ts). */
  readonly to: string;
  readonly weight: number;
  readonly endpoints: readonly Endpoint[];
}

const matchName = 'envoy.transport_socket_match';

function lbEndpoint(endpoint: Endpoint, severalPorts: boolean, to?: string): Message {
  const metadata = {
    ...(severalPorts ? { [matchName]: { port: String(endpoint.port) } } : {}),
    ...(to ? { [endpointMetadata]: { [callCounters.to]: to } } : {}),
  };
  return {
    endpoint: { address: socketAddress(endpoint.ip, inboundPort) },
    ...(Object.keys(metadata).length > 0 ? { metadata: { filter_metadata: metadata } } : {}),
  };
}

/** The server name says which app port is meant; endpoints of one cluster may have different ones. */
function transport(protocol: Protocol, endpoints: readonly Endpoint[]): Message {
  const identities = [...new Set(endpoints.map(({ identity }) => identity))].sort();
  const ports = [...new Set(endpoints.map(({ port }) => port))].sort((a, b) => a - b);
  const [port = 0] = ports;
  if (ports.length <= 1) return { transport_socket: outboundTls(port, protocol, identities) };
  return {
    transport_socket_matches: ports.map((one) => ({
      name: String(one),
      match: { port: String(one) },
      transport_socket: outboundTls(one, protocol, identities),
    })),
  };
}

/** From the sidecar to the Pods of one Service port, by mutual TLS; requests over HTTP/2. */
export function outboundCluster(
  name: string,
  protocol: 'http' | 'grpc',
  endpoints: readonly Endpoint[],
  outliers?: Outliers,
): Resource {
  const several = new Set(endpoints.map(({ port }) => port)).size > 1;
  return typed(clusterType, {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    circuit_breakers: unlimited,
    ...(outliers ? { outlier_detection: outlierDetection(outliers) } : {}),
    ...httpOptions({ explicit_http_config: { http2_protocol_options: { allow_connect: true } } }),
    ...transport(protocol, endpoints),
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: endpoints.map((endpoint) => lbEndpoint(endpoint, several)) }],
    },
  });
}

/** From the sidecar to the Pods of a TCP Service port. Weights are those of localities: a change leaves live connections alone. */
export function tcpCluster(name: string, shares: readonly Share[], outliers?: Outliers): Resource {
  const used = shares.filter(({ weight, endpoints }) => weight > 0 && endpoints.length > 0);
  const endpoints = used.flatMap((share) => share.endpoints);
  const several = new Set(endpoints.map(({ port }) => port)).size > 1;
  return typed(clusterType, {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    circuit_breakers: unlimited,
    ...(outliers ? { outlier_detection: outlierDetection(outliers) } : {}),
    load_balancing_policy: {
      policies: [
        {
          typed_extension_config: extension('random', 'envoy.extensions.load_balancing_policies.random.v3.Random', {
            locality_lb_config: { locality_weighted_lb_config: {} },
          }),
        },
      ],
    },
    ...transport('tcp', endpoints),
    load_assignment: {
      cluster_name: name,
      endpoints: used.map((share) => ({
        locality: { zone: share.name },
        load_balancing_weight: share.weight,
        lb_endpoints: share.endpoints.map((endpoint) => lbEndpoint(endpoint, several, share.to)),
      })),
    },
  });
}
