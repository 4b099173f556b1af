import { type MeshIntent, routed, type ServiceIntent } from '../intent.ts';
import { adminPort } from '../ports.ts';

/** Where the edge finds what it mounts. */
export const edgeFiles = { config: '/etc/envoy', tls: '/etc/envoy-tls', admin: '/tmp/admin.sock' } as const;

type TypedConfig<Type extends string> = { readonly '@type': `type.googleapis.com/${Type}` } & Readonly<
  Record<string, unknown>
>;

interface Extension {
  readonly name: string;
  readonly typed_config: TypedConfig<string>;
}

interface EnvoyRoute {
  readonly match: { readonly prefix: string } | { readonly path_separated_prefix: string } | { readonly path: string };
  readonly route?: {
    readonly cluster: string;
    readonly timeout: string;
    readonly prefix_rewrite?: string;
  };
  readonly direct_response?: { readonly status: number };
}

interface EnvoyListener {
  readonly name: string;
  readonly address: SocketAddress;
  readonly filter_chains: readonly {
    readonly transport_socket?: Extension;
    readonly filters: readonly Extension[];
  }[];
}

interface EnvoyCluster {
  readonly name: string;
  readonly type: 'STRICT_DNS' | 'STATIC';
  readonly connect_timeout: string;
  readonly circuit_breakers?: { readonly thresholds: readonly Readonly<Record<string, number>>[] };
  readonly typed_extension_protocol_options?: Readonly<Record<string, TypedConfig<string>>>;
  readonly load_assignment: {
    readonly cluster_name: string;
    readonly endpoints: readonly {
      readonly lb_endpoints: readonly { readonly endpoint: { readonly address: SocketAddress | Pipe } }[];
    }[];
  };
}

interface SocketAddress {
  readonly socket_address: { readonly address: string; readonly port_value: number };
}

interface Pipe {
  readonly pipe: { readonly path: string; readonly mode?: number };
}

/** Bootstrap of Envoy, as far as the edge uses it (https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/api). */
export interface EnvoyBootstrap {
  readonly node: { readonly id: string; readonly cluster: string };
  readonly admin: { readonly address: Pipe };
  readonly static_resources: {
    readonly listeners: readonly EnvoyListener[];
    readonly clusters: readonly EnvoyCluster[];
  };
}

/**
 * Configuration of the Envoy edge under Linkerd. Its upstreams are the apex Services: the Linkerd proxy beside it follows
 * the mesh routes, so weights, retries and time-outs are set in one place and the edge has none of its own.
 */
export function edgeEnvoy(intent: MeshIntent): EnvoyBootstrap {
  const { gateway } = intent;
  const services = routed(intent).filter(({ edge }) => edge !== undefined);
  const routes = services.flatMap(routesOf).sort(mostSpecificFirst);
  return {
    node: { id: gateway.name, cluster: gateway.name },
    admin: { address: { pipe: { path: edgeFiles.admin, mode: 0o600 } } },
    static_resources: {
      listeners: [
        ...gateway.listeners.map((listener) => ({
          name: listener.name,
          address: anyAddress(listener.port),
          filter_chains: [
            {
              ...(listener.protocol === 'HTTPS' ? { transport_socket: downstreamTls() } : {}),
              filters: [connectionManager(listener.name, routes)],
            },
          ],
        })),
        adminListener(),
      ],
      clusters: [...services.map((service) => apexCluster(intent, service)), adminCluster()],
    },
  };
}

/** A prefix ends at a slash or at the end of the path, as `PathPrefix` of Gateway API says. */
function routesOf({ name, edge }: ServiceIntent): EnvoyRoute[] {
  const route = { cluster: name, timeout: '0s' };
  return [
    ...(edge?.paths ?? []).map((path) => ({
      match: path === '/' ? { prefix: '/' } : { path_separated_prefix: path },
      route,
    })),
    ...(edge?.grpcServices ?? []).map((grpcService) => ({
      match: { path_separated_prefix: `/${grpcService}` },
      route,
    })),
  ];
}

function mostSpecificFirst(a: EnvoyRoute, b: EnvoyRoute): number {
  const left = pathOf(a);
  const right = pathOf(b);
  return right.length - left.length || (left < right ? -1 : 1);
}

function pathOf({ match }: EnvoyRoute): string {
  if ('prefix' in match) return match.prefix;
  return 'path' in match ? match.path : match.path_separated_prefix;
}

/** Limits for clients that are not trusted (https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge). */
function connectionManager(name: string, routes: readonly EnvoyRoute[]): Extension {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      stat_prefix: `in_${name}`,
      codec_type: 'AUTO',
      use_remote_address: true,
      normalize_path: true,
      merge_slashes: true,
      path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT',
      request_headers_timeout: '10s',
      stream_idle_timeout: '0s',
      common_http_protocol_options: { idle_timeout: '3600s', headers_with_underscores_action: 'REJECT_REQUEST' },
      http2_protocol_options: {
        max_concurrent_streams: 1000,
        initial_stream_window_size: 65_536,
        initial_connection_window_size: 1_048_576,
      },
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      route_config: { name, virtual_hosts: [{ name: 'any', domains: ['*'], routes }] },
      http_filters: [router()],
    },
  };
}

function adminListener(): EnvoyListener {
  const routes: EnvoyRoute[] = [
    { match: { path: '/livez' }, direct_response: { status: 200 } },
    { match: { path: '/readyz' }, direct_response: { status: 200 } },
    {
      match: { path: '/metrics' },
      route: { cluster: 'admin', timeout: '5s', prefix_rewrite: '/stats/prometheus?usedonly' },
    },
  ];
  return {
    name: 'admin',
    address: anyAddress(adminPort),
    filter_chains: [{ filters: [connectionManager('admin', routes)] }],
  };
}

function apexCluster({ namespace }: MeshIntent, { name, port, protocol }: ServiceIntent): EnvoyCluster {
  const limits = { max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000 };
  return {
    name,
    type: 'STRICT_DNS',
    connect_timeout: '1s',
    circuit_breakers: { thresholds: [limits] },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        common_http_protocol_options: { idle_timeout: '60s' },
        explicit_http_config: protocol === 'grpc' ? { http2_protocol_options: {} } : { http_protocol_options: {} },
      },
    },
    load_assignment: assignment(name, {
      socket_address: { address: `${name}.${namespace}.svc.cluster.local`, port_value: port },
    }),
  };
}

function adminCluster(): EnvoyCluster {
  return {
    name: 'admin',
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: assignment('admin', { pipe: { path: edgeFiles.admin } }),
  };
}

function assignment(name: string, address: SocketAddress | Pipe): EnvoyCluster['load_assignment'] {
  return { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] };
}

function downstreamTls(): Extension {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        tls_params: { tls_minimum_protocol_version: 'TLSv1_2' },
        alpn_protocols: ['h2', 'http/1.1'],
        tls_certificates: [
          {
            certificate_chain: { filename: `${edgeFiles.tls}/tls.crt` },
            private_key: { filename: `${edgeFiles.tls}/tls.key` },
          },
        ],
      },
    },
  };
}

function router(): Extension {
  return {
    name: 'envoy.filters.http.router',
    typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
  };
}

function anyAddress(port: number): SocketAddress {
  return { socket_address: { address: '0.0.0.0', port_value: port } };
}
