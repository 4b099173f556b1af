import { grpcStatuses } from '../../mesh/grpc-statuses.ts';
import type { Sample } from '../../mesh/linkerd/proxy-metrics.ts';
import { quoted } from '../../mesh/promql.ts';
import { releaseName } from '../../mesh/release.ts';
import type { Counter } from './counts.ts';
import { type Dialect, durationCounters, portOf } from './dialect.ts';
import { neededStats } from './needed-stats.ts';
import type { EvidenceTarget } from './source.ts';

const requests = 'envoy_cluster_upstream_rq';
const durations = 'envoy_cluster_upstream_rq_time_bucket';
/** Zero as soon as there is a cluster. */
const connections = 'envoy_cluster_upstream_cx_total';
const connectionFailures = 'envoy_cluster_upstream_cx_connect_fail';
const statusSeries = (code: number) => `envoy_cluster_grpc_${code}`;
const failedStatuses = grpcStatuses.filter((status) => status.class === '5xx');
const unavailable = statusSeries(14);

const cluster = /^outbound\|(\d+)\|\|([^.]+)\.([^.]+)\.svc\./;

function toOf({ cluster_name: name = '' }: Sample['labels']): string | undefined {
  const [, port, service, namespace] = cluster.exec(name) ?? [];
  return port && service && namespace ? portOf(service, namespace, port) : undefined;
}

/**
 * Counters of Envoy's upstream clusters under the names that Istio gives them, one cluster per release's Service. Three things do not count
 * as they look: answers that Envoy made itself are in the classes of status codes, and not in `upstream_rq_total`; of gRPC every answer has
 * a class, so that the classes tell how many calls there were; and a call by gRPC that reached nobody is in both, as 503 and as
 * UNAVAILABLE. A gRPC stream that breaks off after it began shows in neither.
 */
export const envoyDialect: Dialect = {
  name: 'Envoy',
  series: new Set([
    ...[requests, durations, connections, connectionFailures],
    ...failedStatuses.map(({ code }) => statusSeries(code)),
  ]),
  names: ({ service, namespace, port, protocol, stable, candidate }) => {
    const to = (release: string) => portOf(releaseName(service, release), namespace, port);
    const known = to(candidate);
    return protocol === 'tcp'
      ? { stable: connectionsTo(to(stable)), candidate: connectionsTo(known), known }
      : { stable: to(stable), candidate: known, known };
  },
  counters: (samples) => {
    const byCluster = Map.groupBy(
      samples.filter(({ name }) => name !== durations),
      ({ labels }) => labels.cluster_name ?? '',
    );
    const times = samples.filter(({ name }) => name === durations);
    return [...[...byCluster.values()].flatMap(clusterCounters), ...durationCounters(times, 1, toOf)];
  },
  known: (samples) => new Set(samples.flatMap(({ labels }) => toOf(labels) ?? [])),
  ways: (target) => [
    {
      series: [...envoyDialect.series],
      matchers: ['cluster_name!=""', `cluster_name=~${quoted(clusterPattern(target))}`],
    },
  ],
  cannot: () => undefined,
  missing: {
    candidate: (target, { candidate }) => ({
      what: `${connections}{cluster_name="outbound|${target.port}||${releaseName(target.service, target.candidate)}.${target.namespace}.svc…"}: no proxy shows it (${candidate})`,
      hint: `Is there a Service of that name? Otherwise proxies keep too few counters: proxyStatsMatcher.inclusionRegexps of the mesh needs ${neededStats.join(' and ')}, and Pods are to be started again after a change.`,
    }),
    calls: ({ service }, to) => ({
      what: `${requests} with response_code_class of ${to}: no proxy has counted a call`,
      hint: `Call ${service} by the edge or from a Pod with a sidecar, and ask again.`,
    }),
  },
};

/** All clusters of a target, in the syntax of RE2. */
export function clusterPattern({ service, namespace, port, stable, candidate }: EvidenceTarget): string {
  const names = [stable, candidate].map((release) => releaseName(service, release)).join('|');
  return `outbound\\|${port}\\|\\|(${names})\\.${namespace}\\.svc\\..+`;
}

/** Connections to a release are what counts of TCP, and Envoy's own business of anything else. */
const connectionsTo = (to: string): string => `${to} connections`;

/** Counters of one cluster. Those of requests are made with the first call that counts and go with the cluster, all at once. */
function clusterCounters(samples: readonly Sample[]): Counter[] {
  const to = toOf(samples[0]?.labels ?? {});
  if (to === undefined) return [];
  const shown = (series: string) => samples.find(({ name }) => name === series)?.value ?? 0;
  const classes = samples.filter(({ name, labels }) => name === requests && labels.response_code_class);
  const opened = connectionsTo(to);
  const broken = classes.find(({ labels }) => labels.response_code_class === '5xx')?.value ?? 0;
  const statuses = failedStatuses.map(({ code }) => statusSeries(code)).filter((name) => name !== unavailable);
  return [
    { group: opened, name: connections, to: opened, counts: 'request', value: shown(connections) },
    { group: opened, name: connectionFailures, to: opened, counts: 'failure', value: shown(connectionFailures) },
    ...classes.map(({ labels, value }): Counter => {
      return { group: to, name: labels.response_code_class ?? '', to, counts: 'request', value };
    }),
    ...statuses.map((name): Counter => ({ group: to, name, to, counts: 'failure', value: shown(name) })),
    { group: to, name: unavailable, to, counts: 'failure', value: Math.max(broken, shown(unavailable)) },
  ];
}
