import { type Relabel, rate, relabel } from '../../mesh/promql.ts';
import { type EdgeSource, fromReleaseName, grpcClasses, isRelease, sourceIsScraped } from './edge-series.ts';

/**
 * Istio's standard metrics (https://istio.io/latest/docs/reference/config/metrics/), as the caller's proxy reports them: only it
 * sees calls that reached nobody. The destination is the Service that the route chose, because what is known of the Pod
 * (`destination_canonical_*`) is `unknown` for just those calls.
 */
const reported = `reporter="source", ${isRelease('destination_service_name')}`;

const ends: readonly Relabel[] = [
  sourceIsScraped,
  { target: 'namespace', replacement: '$1', source: 'destination_service_namespace', pattern: '(.+)' },
  ...fromReleaseName('destination_service_name'),
  { target: 'protocol', replacement: '$1', source: 'request_protocol', pattern: '(.+)' },
];

/** `DC`: the caller hung up (https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#response-flags). */
const classes: readonly Relabel[] = [
  { target: 'code_class', replacement: `\${1}xx`, source: 'response_code', pattern: '([1-5])..' },
  { target: 'code_class', replacement: 'none', source: 'response_code', pattern: '0' },
  ...grpcClasses('grpc_response_status', 'code'),
  { target: 'code_class', replacement: 'cancelled', source: 'response_flags', pattern: 'DC' },
];

export const istioEdges: EdgeSource = {
  requests: [relabel(rate(`istio_requests_total{${reported}}`), [...ends, ...classes])],
  durationBuckets: [relabel(rate(`istio_request_duration_milliseconds_bucket{${reported}}`), ends)],
  msPerUnit: 1,
};
