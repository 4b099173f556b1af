import { grpcStatuses } from '../../mesh/grpc-statuses.ts';
import type { MeshName } from '../../mesh/intent.ts';
import { quoted, rate, sumBy } from '../../mesh/promql.ts';

/**
 * Whose requests are counted. The names may be placeholders of the engine. The kit's own recorded series (`parley:*`) do not serve here: they
 * know a release by the name of its Service, and under other engines releases change behind two Services that keep their names.
 */
export interface Receiver {
  readonly namespace: string;
  /** The Service that the route chose. */
  readonly service: string;
  /** The Deployment behind it; it is asked for copies of requests, of which callers' sidecars do not tell. */
  readonly workload?: string;
}

export type RequestProtocol = 'http' | 'grpc';

/** Selectors of one mesh's series about a receiver; those of a list have no request in common. */
interface Source {
  readonly mesh: MeshName;
  /** Requests that somebody waited for until the end. */
  requests(of: Receiver, protocol: RequestProtocol): readonly string[];
  failures(of: Receiver, protocol: RequestProtocol): readonly string[];
  /** Series with `le`. */
  durationBuckets(of: Receiver, protocol: RequestProtocol): readonly string[];
  /** Milliseconds of one unit of `le`. */
  readonly msPerUnit: 1 | 1000;
}

const selector = (series: string, labels: readonly string[]) => `${series}{${labels.join(', ')}}`;
const is = (label: string, value: string) => `${label}=${quoted(value)}`;

const failedStatuses = grpcStatuses.filter((status) => status.class === '5xx');
const byCode = failedStatuses.map(({ code }) => code).join('|');
const byName = failedStatuses.map(({ name }) => name).join('|');

/**
 * Istio's standard metrics (https://istio.io/latest/docs/reference/config/metrics/). Callers' proxies also see calls that reached nobody;
 * of copies of requests (mirror) only the receiver's proxy tells.
 */
const istioLabels = ({ namespace, service, workload }: Receiver): readonly string[] =>
  workload === undefined
    ? ['reporter="source"', is('destination_service_namespace', namespace), is('destination_service_name', service)]
    : ['reporter="destination"', is('destination_workload_namespace', namespace), is('destination_workload', workload)];

const istio: Source = {
  mesh: 'istio',
  msPerUnit: 1,
  requests: (of, protocol) => [
    selector('istio_requests_total', [
      ...istioLabels(of),
      'response_flags!="DC"',
      ...(protocol === 'grpc' ? ['grpc_response_status!="1"'] : []),
    ]),
  ],
  failures: (of, protocol) => {
    const judged = [...istioLabels(of), 'response_flags!="DC"'];
    const unanswered = 'response_code=~"5..|0"';
    if (protocol === 'http') return [selector('istio_requests_total', [...judged, unanswered])];
    return [
      selector('istio_requests_total', [...judged, `grpc_response_status=~"${byCode}"`]),
      selector('istio_requests_total', [...judged, `grpc_response_status!~"1|${byCode}"`, unanswered]),
    ];
  },
  durationBuckets: (of) => [selector('istio_request_duration_milliseconds_bucket', istioLabels(of))],
};

/** Names of Envoy's upstream clusters are regular expressions here: the port and the domain of the cluster may be any. */
const clusterOf = ({ namespace, service }: Receiver) =>
  `cluster_name=~${quoted(`outbound\\|[0-9]+\\|\\|${service}\\.${namespace}\\.svc\\..+`)}`;

/**
 * Envoy's counters of upstream clusters, for an Istio without its telemetry filter
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats). They count copies of requests too, and
 * calls of gRPC that the caller gave up.
 */
const envoy: Source = {
  mesh: 'istio',
  msPerUnit: 1,
  requests: (of, protocol) => [
    protocol === 'grpc'
      ? selector('envoy_cluster_grpc_total', [clusterOf(of)])
      : selector('envoy_cluster_upstream_rq', ['response_code_class!=""', clusterOf(of)]),
  ],
  failures: (of, protocol) =>
    protocol === 'grpc'
      ? failedStatuses.map(({ code }) => selector(`envoy_cluster_grpc_${code}`, [clusterOf(of)]))
      : [selector('envoy_cluster_upstream_rq', ['response_code_class="5xx"', clusterOf(of)])],
  durationBuckets: (of) => [selector('envoy_cluster_upstream_rq_time_bucket', [clusterOf(of)])],
};

/** A backend of a route, and a call to the Service itself, which has no route (https://linkerd.io/2-edge/reference/proxy-metrics/). */
const linkerdEnds = ({ namespace, service }: Receiver): readonly (readonly string[])[] => [
  ['backend_kind="Service"', is('backend_namespace', namespace), is('backend_name', service)],
  ['backend_kind="default"', is('parent_namespace', namespace), is('parent_name', service)],
];

const linkerdStatuses = (of: Receiver, protocol: RequestProtocol, labels: readonly string[]) =>
  linkerdEnds(of).map((ends) =>
    selector(`outbound_${protocol}_route_backend_response_statuses_total`, [...ends, ...labels]),
  );

const linkerd: Source = {
  mesh: 'linkerd',
  msPerUnit: 1000,
  requests: (of, protocol) =>
    linkerdStatuses(of, protocol, ['error!="CANCEL"', ...(protocol === 'grpc' ? ['grpc_status!="CANCELLED"'] : [])]),
  failures: (of, protocol) =>
    protocol === 'grpc'
      ? [
          ...linkerdStatuses(of, protocol, ['error=""', `grpc_status=~"${byName}"`]),
          ...linkerdStatuses(of, protocol, ['error!~"|CANCEL"']),
        ]
      : [
          ...linkerdStatuses(of, protocol, ['error!="CANCEL"', 'http_status=~"5.."']),
          ...linkerdStatuses(of, protocol, ['error!~"|CANCEL"', 'http_status!~"[1-5].."']),
        ],
  durationBuckets: (of, protocol) =>
    linkerdEnds(of).map((ends) =>
      selector(`outbound_${protocol}_route_backend_response_duration_seconds_bucket`, ends),
    ),
};

/** Every source of requests by release that is asked by Prometheus's query language. */
const sources = { istio, envoy, linkerd } as const satisfies Record<string, Source>;
export type SourceName = keyof typeof sources;

const sourceNames = Object.keys(sources) as readonly SourceName[];

/** Sources that there are in a mesh; the first one is its standard. */
export function sourcesOf(mesh: MeshName): readonly SourceName[] {
  return sourceNames.filter((name) => sources[name].mesh === mesh);
}

/** What is asked of Prometheus: the source, the kind of traffic, and the window of each rate (a Prometheus duration). */
export interface Asked {
  readonly series: SourceName;
  readonly protocol: RequestProtocol;
  readonly window: string;
}

const sumOfRates = (selectors: readonly string[], window: string): string =>
  selectors.map((each) => `(sum(${rate(each, window)}) or vector(0))`).join(' + ');

/** Percent of requests that failed. No requests give no value: `> 0` drops what would be 0/0. */
export function failedPercent(of: Receiver, { series, protocol, window }: Asked): string {
  const source: Source = sources[series];
  const failed = sumOfRates(source.failures(of, protocol), window);
  const all = sumOfRates(source.requests(of, protocol), window);
  return `100 * (${failed}) / ((${all}) > 0)`;
}

function quantile(share: number, of: Receiver, { series, protocol, window }: Asked): string {
  const source: Source = sources[series];
  const buckets = source.durationBuckets(of, protocol).map((each) => rate(each, window));
  return `histogram_quantile(${share}, ${sumBy(['le'], buckets.join(' or '))})`;
}

/** Milliseconds within which that share of requests was answered. `>= 0` drops the NaN of a histogram without observations. */
export function latencyMs(share: number, of: Receiver, asked: Asked): string {
  const source: Source = sources[asked.series];
  return `${source.msPerUnit} * ${quantile(share, of, asked)} >= 0`;
}

/** A quantile of one receiver as a multiple of a quantile of another one, in the same window; none when either has no requests. */
export function latencyRatio(
  candidate: { readonly share: number; readonly of: Receiver },
  stable: { readonly share: number; readonly of: Receiver },
  asked: Asked,
): string {
  return `${quantile(candidate.share, candidate.of, asked)} / (${quantile(stable.share, stable.of, asked)} > 0) >= 0`;
}
