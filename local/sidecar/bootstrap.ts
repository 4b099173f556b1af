import { callCounters, callDurationBoundsMs } from '../../mesh/envoy/call-counters.ts';
import { fileSource, files, type Message, pipeAddress } from './resource.ts';

/** The statistics that are kept; the rest would be nine tenths of the memory and of every scrape. */
const statistics: readonly Message[] = [
  { suffix: 'version_text' },
  { suffix: 'update_rejected' },
  { suffix: 'update_failure' },
  {
    safe_regex: {
      regex: '^cluster\\.[^.]+\\.upstream_(rq_([2345]xx|time|total|timeout|completed|retry)|cx_connect_fail)$',
    },
  },
  { safe_regex: { regex: '^cluster\\.apptcp_[0-9]+\\.upstream_cx_active$' } },
  { safe_regex: { regex: '^cluster\\.[^.]+\\.ssl\\.(fail_verify_.*|connection_error|handshake)$' } },
  { safe_regex: { regex: '^http\\.in_[0-9]+\\.(downstream_rq_active|rbac\\.(allowed|denied))$' } },
  { safe_regex: { regex: '^http\\.edge_.*\\.downstream_(rq|cx)_active$' } },
  { safe_regex: { regex: '^listener\\.in\\.(ssl\\.(fail_verify_.*|connection_error)|no_filter_chain_match)$' } },
  { safe_regex: { regex: '^cluster\\.[^.]+\\.grpc\\..*' } },
  { prefix: `${callCounters.prefix}.` },
];

/** What Envoy starts with: who it is, where its files are, what it counts. Everything else it follows in files. */
export function bootstrap(pod: {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}): Message {
  return {
    node: { id: `${pod.name}.${pod.namespace}`, cluster: `${pod.serviceAccount}.${pod.namespace}` },
    // Admin has no authentication: a socket that only the owner may open.
    admin: { address: pipeAddress(files.admin, 0o600) },
    dynamic_resources: { lds_config: fileSource(files.listeners), cds_config: fileSource(files.clusters) },
    // Without it histograms lag by up to five seconds.
    stats_flush_on_admin: true,
    stats_config: {
      stats_matcher: { inclusion_list: { patterns: statistics } },
      histogram_bucket_settings: [{ match: { prefix: `${callCounters.prefix}.` }, buckets: callDurationBoundsMs }],
    },
    layered_runtime: {
      layers: [
        {
          name: 'static',
          static_layer: {
            // Spans reach the collector within 0.2 s instead of 3; one POST per span would cost more than the spans.
            'tracing.opentelemetry.flush_interval_ms': 200,
            'tracing.opentelemetry.min_flush_spans': 50,
          },
        },
        // Lets failing calls be written down while somebody reads them.
        { name: 'admin', admin_layer: {} },
      ],
    },
  };
}

/**
 * Command line of a sidecar. The long drain time leaves connections alone when a listener changes; the log is flushed line
 * by line; an unknown field is refused, not skipped.
 */
export function envoyArguments(envoy: string, gateway: boolean): [string, ...string[]] {
  return [
    envoy,
    ...['--config-path', files.bootstrap],
    ...['--concurrency', '1'],
    '--disable-hot-restart',
    '--reject-unknown-dynamic-fields',
    '--skip-deprecated-logs',
    ...['--log-level', 'warning'],
    ...['--file-flush-min-size-kb', '0'],
    ...['--drain-time-s', '600'],
    // Clients of a gateway whose listeners have gone are told at once, by `Connection: close` or GOAWAY, to connect anew.
    ...(gateway ? ['--drain-strategy', 'immediate'] : []),
  ];
}
