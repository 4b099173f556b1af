import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { extension, type Message, pipeAddress, socketAddress, typed } from '../../local/sidecar/resource.ts';
import { nextAddress } from './addresses.ts';
import { benchAuthority, type IdentityFiles, identityOf, type Side, writeIdentity } from './identities.ts';
import { type Pair, type PairOptions, startPair } from './pair.ts';

/**
 * The smallest configuration of Envoy that does the same: all static, one listener, one route, one cluster a side; mutual
 * TLS 1.3 over HTTP/2, where each side accepts one identity; the same fields in the log, the same spans. Everything else is Envoy's default.
 */
export async function startMinimalEnvoy(envoy: string, options: PairOptions): Promise<Pair> {
  const { dir, variant, context } = options;
  mkdirSync(dir, { recursive: true });
  const authority = await benchAuthority(dir);
  const link = socketAddress(nextAddress(), 15006);
  const secure = variant !== 'plain';
  const [client, server] = [
    await writeIdentity(dir, 'client', authority),
    await writeIdentity(dir, 'server', authority),
  ];
  const spec = (side: Side, from: Message, to: Message) => {
    const cluster = { ...to, name: 'to', type: 'STATIC', connect_timeout: '1s' };
    const listener = { name: 'from', traffic_direction: side === 'client' ? 'OUTBOUND' : 'INBOUND', ...from };
    const config = { static_resources: { listeners: [listener], clusters: [cluster, ...collectorCluster(options)] } };
    writeFileSync(path.join(dir, `${side}.json`), JSON.stringify(config));
    return { name: side, dir, argv: argv(envoy, `${side}.json`) };
  };
  const { appSocket } = options;
  const specs = [
    spec(
      'client',
      { address: pipeAddress('in.sock'), ...filters(options, {}) },
      { ...endpoint(link), ...(secure ? clientTls(client) : {}) },
    ),
    spec(
      'server',
      { address: link, ...filters(options, secure ? serverTls(server) : {}) },
      endpoint(pipeAddress(appSocket)),
    ),
  ];
  return startPair(`minimal Envoy (${variant})`, { socket: path.join(dir, 'in.sock'), host: 'app' }, specs, context);
}

/** Flags as a sidecar has them, so that configurations are compared and nothing else. */
function argv(envoy: string, config: string): [string, ...string[]] {
  const flush = ['--file-flush-min-size-kb', '0'];
  return [
    envoy,
    '--config-path',
    config,
    '--concurrency',
    '1',
    '--disable-hot-restart',
    '--log-level',
    'warning',
    ...flush,
  ];
}

function filters({ variant, samplingPercent = 100 }: PairOptions, tls: Message): Message {
  const route = { match: { prefix: '/' }, route: { cluster: 'to', timeout: '0s' } };
  const hcm = extension('hcm', 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: 'http',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
    http_filters: [extension('router', 'envoy.extensions.filters.http.router.v3.Router')],
    ...(variant === 'tracing 100 %' ? { tracing: tracing(samplingPercent) } : {}),
    ...(variant === 'access log' ? { access_log: [accessLog] } : {}),
  });
  return { filter_chains: [{ filters: [hcm], ...tls }] };
}

const accessLog = extension('log', 'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog', {
  log_format: {
    json_format: {
      start: '%START_TIME%',
      method: '%REQ(:METHOD)%',
      path: '%REQ(:PATH)%',
      status: '%RESPONSE_CODE%',
      flags: '%RESPONSE_FLAGS%',
      durationUs: '%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%',
      upstream: '%UPSTREAM_CLUSTER%',
      trace: '%REQ(TRACEPARENT)%',
      failure: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
    },
  },
});

function tracing(samplingPercent: number): Message {
  return {
    random_sampling: { value: samplingPercent },
    spawn_upstream_span: true,
    provider: extension('otlp', 'envoy.config.trace.v3.OpenTelemetryConfig', {
      service_name: 'app',
      http_service: { http_uri: { uri: 'http://collector/v1/traces', cluster: 'otlp', timeout: '1s' } },
    }),
  };
}

function collectorCluster({ variant, collector }: PairOptions): Message[] {
  if (variant !== 'tracing 100 %') return [];
  return [{ ...endpoint(socketAddress('127.0.0.1', collector.http)), name: 'otlp', type: 'STATIC' }];
}

function endpoint(address: Message): Message {
  return { load_assignment: { cluster_name: 'to', endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] } };
}

function commonTls(files: IdentityFiles, peer: Side): Message {
  const certificate = { certificate_chain: { filename: files.certificate }, private_key: { filename: files.key } };
  return {
    tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
    alpn_protocols: ['h2'],
    tls_certificates: [certificate],
    validation_context: {
      trusted_ca: { filename: files.trust },
      match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: identityOf(peer) } }],
    },
  };
}

function serverTls(files: IdentityFiles): Message {
  return {
    transport_socket: extension('tls', 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
      require_client_certificate: true,
      common_tls_context: commonTls(files, 'client'),
    }),
  };
}

function clientTls(files: IdentityFiles): Message {
  const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  return {
    transport_socket: extension('tls', 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
      sni: 'p8080',
      common_tls_context: commonTls(files, 'server'),
    }),
    typed_extension_protocol_options: {
      [options]: typed(options, { explicit_http_config: { http2_protocol_options: {} } }),
    },
  };
}
