import { grpcStatuses } from '../../mesh/grpc-statuses.ts';
import type { Sample } from '../../mesh/linkerd/proxy-metrics.ts';
import { quoted } from '../../mesh/promql.ts';
import { releaseName } from '../../mesh/release.ts';
import type { Counter } from './counts.ts';
import { type Dialect, durationCounters, portOf } from './dialect.ts';

const kinds = ['http', 'grpc'] as const;
const requests = (kind: (typeof kinds)[number]) => `outbound_${kind}_route_backend_response_statuses_total`;
const durations = kinds.map((kind) => `outbound_${kind}_route_backend_response_duration_seconds_bucket`);

/** The backend that the route chose. A call to a release's own Service has no route of ours: the backend is then its parent. */
const ends = { Service: 'backend', default: 'parent' } as const;

function toOf(labels: Sample['labels']): string | undefined {
  const end = ends[labels.backend_kind as keyof typeof ends];
  const [name, namespace, port] = ['name', 'namespace', 'port'].map((part) => labels[`${end}_${part}`]);
  return end && name && namespace && port ? portOf(name, namespace, port) : undefined;
}

/** What a proxy says of a call that its caller gave up. */
const gaveUp = 'CANCEL';

function failed({ http_status: http = '', grpc_status: grpc, error = '' }: Sample['labels']): boolean {
  if (error !== '' || http.startsWith('5')) return true;
  return grpcStatuses.some((status) => status.class === '5xx' && status.name === grpc);
}

function callsOf({ name, labels, value }: Sample): Counter[] {
  const to = toOf(labels);
  if (to === undefined || labels.error === gaveUp || !kinds.some((kind) => requests(kind) === name)) return [];
  const key = `${name} ${JSON.stringify(labels)}`;
  return [{ group: key, name: key, to, counts: failed(labels) ? 'failedRequest' : 'request', value }];
}

/** Metrics of the routes of Linkerd's proxies (https://linkerd.io/2-edge/reference/proxy-metrics/). */
export const linkerdDialect: Dialect = {
  name: 'Linkerd',
  series: new Set([...kinds.map(requests), ...durations]),
  names: ({ service, namespace, port, stable, candidate }) => {
    const to = (release: string) => portOf(releaseName(service, release), namespace, port);
    return { stable: to(stable), candidate: to(candidate), known: to(candidate) };
  },
  counters: (samples) => [
    ...samples.flatMap(callsOf),
    ...durationCounters(
      samples.filter(({ name }) => durations.includes(name)),
      1000,
      toOf,
    ),
  ],
  ways: ({ service, namespace, stable, candidate }) => {
    const names = quoted([stable, candidate].map((release) => releaseName(service, release)).join('|'));
    return Object.entries(ends).map(([kind, end]) => ({
      series: [...linkerdDialect.series],
      matchers: [`backend_kind="${kind}"`, `${end}_namespace=${quoted(namespace)}`, `${end}_name=~${names}`],
    }));
  },
  cannot: ({ protocol, service }) =>
    protocol === 'tcp'
      ? {
          what: `${requests('http')}: Linkerd's proxies count no connections of ${service} by the backend of a route`,
          hint: 'A rollout of a TCP service is judged by calls of the kit (spec.calls) or by a counter of a broker.',
        }
      : undefined,
  missing: {
    candidate: (_target, { candidate }) => ({
      what: `${requests('http')} with backend_name of ${candidate}`,
      hint: 'Type: linkerd diagnostics proxy-metrics POD   (of a caller: does it count by the backends of a route?)',
    }),
    calls: (_target, to) => ({
      what: `${requests('http')} or ${requests('grpc')} with the backend ${to}: no proxy has counted a call`,
      hint: 'Is the caller in the mesh, and has it called since? A ServiceProfile of the Service takes its routes, and with them these series, away.',
    }),
  },
};
