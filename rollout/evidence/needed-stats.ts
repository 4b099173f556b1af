/** Names of Envoy's counters by which releases are judged, as regular expressions. */
export const neededStats: readonly string[] = [
  'cluster\\.outbound.*upstream_rq_([0-9]xx|[0-9]+|time)',
  'cluster\\.outbound.*upstream_cx_(total|connect_fail|connect_timeout)',
  'cluster\\.outbound.*grpc\\.([0-9]+|total)',
];
