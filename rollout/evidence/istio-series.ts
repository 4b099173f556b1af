import { grpcStatuses } from '../../mesh/grpc-statuses.ts';
import type { Sample } from '../../mesh/linkerd/proxy-metrics.ts';
import { quoted } from '../../mesh/promql.ts';
import { releaseName } from '../../mesh/release.ts';
import type { Counter } from './counts.ts';
import { type Dialect, durationCounters } from './dialect.ts';

const requests = 'istio_requests_total';
const durations = 'istio_request_duration_milliseconds_bucket';

/** The Service that the route chose: what is known of the Pod is `unknown` for calls that reached nobody. */
function toOf({
  reporter,
  destination_service_name: name,
  destination_service_namespace: namespace,
}: Sample['labels']) {
  return reporter === 'source' && name && namespace ? `${name}.${namespace}` : undefined;
}

function failed({ response_code: code = '', grpc_response_status: grpc }: Sample['labels']): boolean {
  if (code === '0' || code.startsWith('5')) return true;
  return grpcStatuses.some((status) => status.class === '5xx' && String(status.code) === grpc);
}

/** Each series on its own: Istio's proxies drop those that were not used for a while. */
function callsOf({ name, labels, value }: Sample): Counter[] {
  const to = toOf(labels);
  // DC: the caller hung up (https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#response-flags).
  if (name !== requests || to === undefined || labels.response_flags?.split(',').includes('DC')) return [];
  const key = JSON.stringify(labels);
  return [{ group: key, name: key, to, counts: failed(labels) ? 'failedRequest' : 'request', value }];
}

/** Istio's standard metrics, as callers' proxies report them (https://istio.io/latest/docs/reference/config/metrics/). */
export const istioDialect: Dialect = {
  name: 'Istio',
  series: new Set([requests, durations]),
  names: ({ service, namespace, stable, candidate }) => {
    const to = (release: string) => `${releaseName(service, release)}.${namespace}`;
    return { stable: to(stable), candidate: to(candidate), known: to(candidate) };
  },
  counters: (samples) => [
    ...samples.flatMap(callsOf),
    ...durationCounters(
      samples.filter(({ name }) => name === durations),
      1,
      toOf,
    ),
  ],
  ways: ({ service, namespace, stable, candidate }) => {
    const names = [stable, candidate].map((release) => releaseName(service, release)).join('|');
    const matchers = [
      'reporter="source"',
      `destination_service_namespace=${quoted(namespace)}`,
      `destination_service_name=~${quoted(names)}`,
    ];
    return [{ series: [...istioDialect.series], matchers }];
  },
  cannot: ({ protocol, service }) =>
    protocol === 'tcp'
      ? {
          what: `${requests}: Istio's standard metrics say nothing about connections of ${service} that could not be opened`,
          hint: "Use the counters of Envoy (parley up --mesh-metrics envoy), or the sidecars' own.",
        }
      : undefined,
  missing: {
    candidate: (_target, { candidate }) => ({
      what: `${requests}{reporter="source"} of ${candidate}`,
      hint: 'Does the mesh report its standard metrics, and does Prometheus scrape the Pods? Ask it for `count by (destination_service_name) (istio_requests_total)`.',
    }),
    calls: ({ namespace }, to) => ({
      what: `${requests}{reporter="source", destination_service_name=${quoted(to.replace(`.${namespace}`, ''))}, destination_service_namespace=${quoted(namespace)}}`,
      hint: 'Does the mesh report its standard metrics, and does Prometheus scrape the callers? Ask it for `count by (reporter, destination_service_name) (istio_requests_total)`.',
    }),
  },
};
