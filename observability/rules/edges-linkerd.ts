import { type Relabel, rate, relabel } from '../../mesh/promql.ts';
import { type EdgeSource, fromReleaseName, grpcClasses, isRelease, sourceIsScraped } from './edge-series.ts';

/**
 * Linkerd's outbound route metrics (https://linkerd.io/2-edge/reference/proxy-metrics/), which tell of each backend of a route. A
 * call to a release's own Service, as the edge makes it, has no route of ours: the backend is then the default one, and the parent
 * is the release.
 */
const backends = [
  { selector: `backend_kind="Service", ${isRelease('backend_name')}`, ends: 'backend' },
  { selector: `backend_kind="default", ${isRelease('parent_name')}`, ends: 'parent' },
] as const;

const httpClasses: readonly Relabel[] = [
  { target: 'code_class', replacement: 'none', source: 'error', pattern: '.+' },
  { target: 'code_class', replacement: `\${1}xx`, source: 'http_status', pattern: '([1-5])..' },
  { target: 'code_class', replacement: 'cancelled', source: 'error', pattern: 'CANCEL' },
];

/** A call that ended in an error of the proxy has the status UNKNOWN. */
const statusClasses: readonly Relabel[] = [
  ...grpcClasses('grpc_status', 'name'),
  { target: 'code_class', replacement: 'none', source: 'error', pattern: '.+' },
  { target: 'code_class', replacement: 'cancelled', source: 'error', pattern: 'CANCEL' },
];

function perBackend(protocol: 'http' | 'grpc', metric: string, classes: readonly Relabel[]): string {
  return backends
    .map(({ selector, ends }) =>
      relabel(rate(`outbound_${protocol}_route_backend_${metric}{${selector}}`), [
        sourceIsScraped,
        { target: 'namespace', replacement: '$1', source: `${ends}_namespace`, pattern: '(.+)' },
        ...fromReleaseName(`${ends}_name`),
        { target: 'protocol', replacement: protocol, source: 'service', pattern: '.*' },
        ...classes,
      ]),
    )
    .join(' or ');
}

export const linkerdEdges: EdgeSource = {
  requests: [
    perBackend('http', 'response_statuses_total', httpClasses),
    perBackend('grpc', 'response_statuses_total', statusClasses),
  ],
  durationBuckets: (['http', 'grpc'] as const).map((protocol) =>
    perBackend(protocol, 'response_duration_seconds_bucket', []),
  ),
  msPerUnit: 1000,
};
