import { callCounters, type FailedCall, failedCallsKey, mirroredToHeader } from '../../mesh/envoy/call-counters.ts';
import { grpcStatuses } from '../../mesh/grpc-statuses.ts';
import { extension, files, type Message } from './resource.ts';

type Filter = Message;

const anyOf = (...filters: readonly Filter[]): Filter => ({ or_filter: { filters } });
const allOf = (...filters: readonly Filter[]): Filter => ({ and_filter: { filters } });
const flagged = (...flags: readonly string[]): Filter => ({ response_flag_filter: { flags } });
const logged = (type: string): Filter => ({ log_type_filter: { types: [type] } });

/** `runtime_key` has to be there; nobody sets it. */
const status = (op: 'GE' | 'LE', code: number): Filter => ({
  status_code_filter: { comparison: { op, value: { default_value: code, runtime_key: 'calls.status' } } },
});

/** An answer began, of the release or of the sidecar in its place; without one the caller hung up before. */
const answered = status('GE', 100);
const unanswered = status('LE', 99);

/** Without the first part every answer of HTTP, which has no gRPC status, would count as UNKNOWN. */
const grpcFailed = allOf(
  {
    header_filter: { header: { name: 'content-type', string_match: { prefix: 'application/grpc' } } },
  },
  { grpc_status_filter: { statuses: grpcStatuses.filter((one) => one.class === '5xx').map(({ name }) => name) } },
);

/** An answer that began well and broke off. A WebSocket (101) may end as it likes. */
const brokenOff = allOf(status('GE', 200), status('LE', 499), flagged('UC', 'UR', 'LR', 'UT', 'UPE', 'SI'));

const requestFailed = anyOf(status('GE', 500), grpcFailed, brokenOff);

/** No connection to any Pod of the release. */
const connectFailed = allOf(logged('TcpConnectionEnd'), flagged('UF', 'UH', 'UO', 'UC', 'NC'));
const connectionTried = anyOf(logged('TcpUpstreamConnected'), connectFailed);

/** Steps of a counter, a value of the duration, or both, for every call that the filter lets through. */
function counted(to: string, filter: Filter, of: { readonly counter?: string; readonly duration?: string }): Message {
  const tags = [
    { name: callCounters.to, value_format: to },
    { name: callCounters.flags, value_format: '%RESPONSE_FLAGS%' },
  ];
  return {
    ...extension('calls', 'envoy.extensions.access_loggers.stats.v3.Config', {
      stats_scope: { prefix: callCounters.prefix },
      ...(of.counter ? { counters: [{ stat: { name: of.counter, tags }, value_fixed: 1 }] } : {}),
      ...(of.duration
        ? { histograms: [{ stat: { name: of.duration, tags }, unit: 'Milliseconds', value_format: '%DURATION%' }] }
        : {}),
    }),
    filter,
  };
}

const cluster = '%UPSTREAM_CLUSTER_RAW%';

const failedFields = {
  at: '%START_TIME%',
  to: cluster,
  method: '%REQ(:METHOD)%',
  path: '%PATH(NQ)%',
  status: '%RESPONSE_CODE%',
  grpc: '%GRPC_STATUS_NUMBER%',
  flags: '%RESPONSE_FLAGS%',
  trace: '%REQ(TRACEPARENT)%',
} as const satisfies Record<keyof FailedCall, string>;

/** Switched on at run time by whoever reads it, and kept short by them. */
const failedLog = (to: string, filter: Filter): Message => ({
  ...extension('failed', 'envoy.extensions.access_loggers.file.v3.FileAccessLog', {
    path: files.failedCalls,
    log_format: { json_format: { ...failedFields, to } },
  }),
  filter: allOf(
    {
      runtime_filter: {
        runtime_key: failedCallsKey,
        percent_sampled: { numerator: 0 },
        use_independent_randomness: true,
      },
    },
    filter,
  ),
});

/** What a sidecar counts of the requests that it sends, and how it tells of failing ones (mesh/envoy/call-counters.ts). */
export const requestLogs: readonly Message[] = [
  counted(cluster, answered, { counter: callCounters.ended, duration: callCounters.duration }),
  counted(cluster, unanswered, { duration: callCounters.waited }),
  counted(cluster, requestFailed, { counter: callCounters.failed }),
  failedLog(cluster, requestFailed),
];

const mirrored: Filter = { header_filter: { header: { name: mirroredToHeader, present_match: true } } };
const mirroredTo = `%REQ(${mirroredToHeader})%`;

/** What a sidecar counts of the requests that it gets: copies, of which no caller sees how they end. */
export const mirroredLogs: readonly Message[] = [
  counted(mirroredTo, allOf(mirrored, answered), { counter: callCounters.ended, duration: callCounters.duration }),
  counted(mirroredTo, allOf(mirrored, requestFailed), { counter: callCounters.failed }),
  failedLog(mirroredTo, allOf(mirrored, requestFailed)),
];

/** Metadata of an endpoint: which release's Service it is there for, because the releases of a TCP Service share one cluster. */
export const endpointMetadata = 'parley';

const release = `%UPSTREAM_METADATA(${endpointMetadata}:${callCounters.to})%`;

/** What a sidecar counts of TCP connections: when they are opened, because they may last. */
export const connectionLogs: Message = {
  access_log: [
    counted(release, connectionTried, { counter: callCounters.ended }),
    counted(release, connectFailed, { counter: callCounters.failed }),
  ],
  access_log_options: { flush_access_log_on_connected: true },
};
