import { quoted, rate, relabel, sumBy } from '../../mesh/promql.ts';
import { isRelease } from './edge-series.ts';
import { ofRelease } from './edges-envoy.ts';
import type { AlertingRule } from './rule.ts';

/** What an alert says, short of its severity's place. */
interface AlertText {
  readonly expr: string;
  readonly for: string;
  readonly severity: AlertingRule['labels']['severity'];
  readonly summary: string;
  readonly description: string;
  readonly next: string;
}

function alert(name: string, { expr, for: held, severity, ...annotations }: AlertText): AlertingRule {
  return { alert: name, expr, for: held, labels: { severity }, annotations };
}

const who = '{{ $labels.destination }} {{ $labels.release }}';
const release = 'namespace, destination, release';

/** Fewer calls than this, per second, say nothing about a ratio or a quantile. */
const enoughTraffic = 0.1;
const traffic = `${sumBy(['namespace', 'destination', 'release'], 'parley:requests:rate1m')} > ${enoughTraffic}`;

/** Alerts on what the mesh says about edges. */
export const edgeAlerts: readonly AlertingRule[] = [
  alert('ParleyErrorRatio', {
    expr: `1 - parley:release_success:ratio1m > 0.05 and on (${release}) (${traffic})`,
    for: '1m',
    severity: 'critical',
    summary: `${who}: {{ $value | humanizePercentage }} of calls fail`,
    description:
      'More than 5 % of the calls to this release end in a server error or without an answer, as its callers see it.',
    next: 'parley logs {{ $labels.destination }} --release {{ $labels.release }}',
  }),
  alert('ParleyLatency', {
    expr: `parley:release_latency_ms:p99{protocol="http"} > 1000 and on (${release}) (${traffic})`,
    for: '5m',
    severity: 'warning',
    summary: `${who}: one call in a hundred takes more than {{ $value | humanize }} ms`,
    description:
      'The 99th percentile of this release is above a second. gRPC is left out: its streams are long on purpose.',
    next: 'parley dashboard grafana',
  }),
  alert('ParleyTrafficStopped', {
    expr: `${callsOf('parley:requests:rate1m offset 10m')} > ${enoughTraffic} unless ${callsOf('parley:requests:rate1m')} > 0`,
    for: '2m',
    severity: 'warning',
    summary: '{{ $labels.destination }}: nobody calls it any more',
    description: 'Ten minutes ago this service was called, now it is not: its callers are gone, or no metrics come in.',
    next: 'parley status',
  }),
  alert('ParleyReleaseWithoutPods', {
    expr: `(${sumBy(['namespace', 'destination', 'release'], 'parley:requests:rate1m')} > 0) unless on (${release}) (${livePods()})`,
    for: '1m',
    severity: 'critical',
    summary: `${who}: calls go to a release without a Pod that answers`,
    description:
      'The route sends calls to this release and none of its Pods can be scraped: they are gone, not ready, or cut off.',
    next: 'kubectl get pods --namespace {{ $labels.namespace }} --selector app.kubernetes.io/name={{ $labels.destination }}',
  }),
  alert('ParleyNoMeshTelemetry', {
    expr: 'absent(parley:requests:rate1m)',
    for: '5m',
    severity: 'warning',
    summary: 'no figures about any edge',
    description:
      'No proxy reports a call: nothing is called, the proxies are not scraped, or their metrics are not those of --mesh-metrics.',
    next: 'parley try accounts',
  }),
];

function callsOf(series: string): string {
  return sumBy(['namespace', 'destination'], series);
}

/** Releases of which a Pod could be scraped, under the labels of an edge. */
function livePods(): string {
  return relabel(`${sumBy(['namespace', 'service', 'release'], 'up{release!=""}')} > 0`, [
    { target: 'destination', replacement: '$1', source: 'service', pattern: '(.+)' },
  ]);
}

/** Alerts on what has to be there for any of the others to mean something. */
export const scrapeAlerts: readonly AlertingRule[] = [
  alert('ParleyTargetDown', {
    expr: 'up == 0',
    for: '2m',
    severity: 'warning',
    summary: '{{ $labels.job }} {{ $labels.instance }} cannot be scraped',
    description: 'Figures of this target are missing, and sums leave it out without a sign.',
    next: 'parley dashboard prometheus',
  }),
  alert('ParleyServicesNotScraped', {
    expr: 'absent(parley_requests_in_flight)',
    for: '5m',
    severity: 'critical',
    summary: 'no service of the exchange is scraped',
    description: 'Not one Pod of the exchange answers to Prometheus: it does not run, or policy keeps Prometheus out.',
    next: 'parley check',
  }),
  alert('ParleyRulesFail', {
    expr: `increase(prometheus_rule_evaluation_failures_total[5m]) > 0`,
    for: '1m',
    severity: 'critical',
    summary: 'rules of {{ $labels.rule_group }} cannot be evaluated',
    description: 'What these rules record or watch for is missing; silence of their alerts means nothing.',
    next: 'parley dashboard prometheus',
  }),
];

/** The collector's own counters have had a suffix and have lost it between its versions. */
function collectorRate(name: string): string {
  return rate(`{__name__=~${quoted(`otelcol_${name}(_total)?`)}}`, '5m');
}

/** Alerts on the way of spans. */
export const spanAlerts: readonly AlertingRule[] = [
  alert('ParleySpansDropped', {
    expr: ['exporter_send_failed_spans', 'exporter_enqueue_failed_spans', 'receiver_refused_spans']
      .map((name) => `sum(${collectorRate(name)}) > 0`)
      .join(' or '),
    for: '2m',
    severity: 'warning',
    summary: 'the collector drops {{ $value | humanize }} spans per second',
    description:
      'Traces have holes, and metrics made from spans are too low: Jaeger does not take spans, or the collector is short of memory.',
    next: 'kubectl logs --namespace observability deployment/collector',
  }),
  alert('ParleyCollectorSilent', {
    expr: 'absent({__name__=~"otelcol_receiver_accepted_spans(_total)?"})',
    for: '5m',
    severity: 'warning',
    summary: 'the collector takes no spans, or is not scraped',
    description: 'No counter of received spans is there. Traces of now will not be found later.',
    next: 'kubectl get pods --namespace observability',
  }),
];

const insecureText = {
  for: '1m',
  severity: 'critical',
  summary: '{{ $labels.source }} -> {{ $labels.destination }}: calls outside of mutual TLS',
  description: 'Calls arrive that the mesh did not secure: a Pod without a sidecar, or a policy that is not strict.',
  next: 'parley edges',
} as const;

/** Edges that are not mutual TLS, as each source of figures shows them. */
export const insecureEdges = {
  istio: alert('ParleyNotSecured', {
    expr: `${sumBy(
      ['namespace', 'source', 'destination'],
      relabel(rate('istio_requests_total{reporter="destination", connection_security_policy!="mutual_tls"}'), [
        { target: 'source', replacement: '$1', source: 'source_canonical_service', pattern: '(.+)' },
        { target: 'destination', replacement: '$1', source: 'service', pattern: '(.+)' },
      ]),
    )} > 0`,
    ...insecureText,
  }),
  linkerd: alert('ParleyNotSecured', {
    expr: `${sumBy(
      ['namespace', 'source', 'destination'],
      relabel(rate(`request_total{direction="outbound", tls!="true", ${isRelease('dst_service')}}`), [
        { target: 'source', replacement: '$1', source: 'service', pattern: '(.+)' },
        { target: 'destination', replacement: '$1', source: 'dst_service', pattern: '(.+)' },
      ]),
    )} > 0`,
    ...insecureText,
  }),
  /** A cluster that carries calls and has never shaken hands; Envoy makes the counter of handshakes with the TLS of the cluster. */
  envoy: alert('ParleyNotSecured', {
    expr: `${sumBy(
      ['namespace', 'source', 'destination'],
      relabel(
        `(${rate(`envoy_cluster_upstream_rq{response_code_class=~"[234]xx", ${ofRelease}}`)} > 0 unless on (instance, cluster_name) envoy_cluster_ssl_handshake > 0)`,
        [
          { target: 'source', replacement: '$1', source: 'service', pattern: '(.+)' },
          { target: 'destination', replacement: '$1', source: 'cluster_name', pattern: '.*\\|\\|([^.]+)\\..*' },
        ],
      ),
    )} > 0`,
    ...insecureText,
  }),
} as const;

const certificateText = {
  for: '5m',
  severity: 'critical',
  summary: '{{ $labels.service }} {{ $labels.pod }}: its identity ends in {{ $value | humanizeDuration }}',
  description:
    'Sidecars renew their certificates long before; this one did not. When it ends, every call of the Pod is refused.',
} as const;

/** Identities that are about to end. A workload certificate lives for 24 h and is renewed at about half of that. */
export const expiringIdentities = {
  istio: alert('ParleyIdentityEnds', {
    expr: 'istio_agent_cert_expiry_seconds < 3600',
    ...certificateText,
    next: 'istioctl proxy-config secret {{ $labels.pod }}.{{ $labels.namespace }}',
  }),
  linkerd: alert('ParleyIdentityEnds', {
    expr: 'control_identity_cert_expiration_timestamp_seconds - time() < 3600',
    ...certificateText,
    next: 'linkerd check --proxy --namespace {{ $labels.namespace }}',
  }),
} as const;
