import { grpcStatuses } from '../../mesh/grpc-statuses.ts';
import { type Relabel, rate, relabel } from '../../mesh/promql.ts';
import { type EdgeSource, fromReleaseName, isRelease, sourceIsScraped } from './edge-series.ts';

const before = 'outbound\\|[0-9]+\\|\\|';
const after = '\\.([a-z0-9-]+)\\.svc\\..+';
/** Only clusters of releases: the apex is never sent to, its route names the releases. */
export const ofRelease = isRelease('cluster_name', before, after);

const ends: readonly Relabel[] = [
  sourceIsScraped,
  { target: 'namespace', replacement: '$1', source: 'cluster_name', pattern: `${before}.+?${after}` },
  ...fromReleaseName('cluster_name', before, after),
];

/** An Envoy counts the statuses of gRPC apart, and there every one of them is a 2xx of HTTP. */
const isGrpc = `on (instance, cluster_name) envoy_cluster_grpc_total{${ofRelease}}`;

function protocolIs(protocol: 'http' | 'grpc'): Relabel {
  return { target: 'protocol', replacement: protocol, source: 'service', pattern: '.*' };
}

/** The same call is counted by `response_code` and by `response_code_class`. */
const byClass = rate(`envoy_cluster_upstream_rq{response_code_class!="", ${ofRelease}}`);
const byTime = rate(`envoy_cluster_upstream_rq_time_bucket{${ofRelease}}`);

/** One counter per status, and `rate` drops their names: each gets its class before they come together. */
const byStatus = grpcStatuses
  .map(({ code, name, class: codeClass }) =>
    relabel(rate(`envoy_cluster_grpc_${code}{${ofRelease}}`), [
      { target: 'code_class', replacement: codeClass, source: 'service', pattern: '.*' },
      { target: 'grpc_status', replacement: name, source: 'service', pattern: '.*' },
    ]),
  )
  .join(' or ');

/**
 * Counters of Envoy's upstream clusters under the names that Istio gives them
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats). Istio's proxies keep few of
 * them; mesh/istio/install.ts asks for those that are read here.
 */
export const envoyEdges: EdgeSource = {
  requests: [
    relabel(`(${byClass} unless ${isGrpc})`, [
      ...ends,
      protocolIs('http'),
      { target: 'code_class', replacement: '$1', source: 'response_code_class', pattern: '(.+)' },
    ]),
    relabel(`(${byStatus})`, [...ends, protocolIs('grpc')]),
  ],
  durationBuckets: [
    relabel(`(${byTime} unless ${isGrpc})`, [...ends, protocolIs('http')]),
    relabel(`(${byTime} and ${isGrpc})`, [...ends, protocolIs('grpc')]),
  ],
  msPerUnit: 1,
};
