import { extension, fileSource, files, type Message, routeTable, serviceHeader } from './resource.ts';
import { type TracingTarget, tracingOf } from './tracing.ts';

export interface HttpConnection {
  /** First part of its statistics: `http.<statPrefix>.`; without dots. */
  readonly statPrefix: string;
  /** Virtual host of the shared table that this listener's requests go to. */
  readonly virtualHost: string;
  /** Filters before the router. */
  readonly filters: readonly Message[];
  readonly tracing?: TracingTarget;
  readonly accessLog?: boolean;
  /** Logs that count calls by release (call-log.ts). */
  readonly counts: readonly Message[];
  /** Fields that only this kind of listener has. */
  readonly more?: Message;
  /** Headers that callers may not send. */
  readonly refusedHeaders?: readonly string[];
}

const header = (key: string, value: string): Message => ({
  append: { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
});

const logFields = {
  start: '%START_TIME%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(:PATH)%',
  status: '%RESPONSE_CODE%',
  flags: '%RESPONSE_FLAGS%',
  durationUs: '%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%',
  upstream: '%UPSTREAM_CLUSTER%',
  trace: '%REQ(TRACEPARENT)%',
  failure: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
} as const;

const everyRequest = extension('log', 'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog', {
  log_format: { json_format: logFields },
});

function accessLogs({ accessLog, counts }: HttpConnection): Message {
  const logs = [...counts, ...(accessLog ? [everyRequest] : [])];
  return logs.length > 0 ? { access_log: logs } : {};
}

/**
 * The HTTP connection manager that all listeners share but for a few fields. Which virtual host serves a listener is said
 * by a header that the listener itself sets first, so that one route file serves them all.
 */
export function httpConnection(connection: HttpConnection): Message {
  const mutations = [
    header(serviceHeader, connection.virtualHost),
    ...(connection.refusedHeaders ?? []).map((remove) => ({ remove })),
  ];
  return extension('hcm', 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: connection.statPrefix,
    stream_idle_timeout: '0s',
    server_header_transformation: 'PASS_THROUGH',
    http2_protocol_options: { allow_connect: true },
    upgrade_configs: [{ upgrade_type: 'websocket' }],
    early_header_mutation_extensions: [
      extension('service', 'envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation', {
        mutations,
      }),
    ],
    rds: { route_config_name: routeTable, config_source: fileSource(files.routes) },
    http_filters: [
      ...connection.filters,
      extension('router', 'envoy.extensions.filters.http.router.v3.Router', { suppress_envoy_headers: true }),
    ],
    ...(connection.tracing ? { tracing: tracingOf(connection.tracing) } : {}),
    ...accessLogs(connection),
    ...connection.more,
  });
}
