/**
 * Names of the counters of Envoy that the rules read where Istio's telemetry filter is not there, as regular expressions; statuses of gRPC are
 * counted apart from those of HTTP.
 */
export const envoyCounters: readonly string[] = [
  'cluster\\.outbound.*upstream_(rq|cx).*',
  'cluster\\.outbound.*grpc\\.([0-9]+|total)',
  'cluster\\.outbound.*ssl\\.handshake',
];
