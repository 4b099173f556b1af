import { parse } from 'yaml';
import { hostOf, type ObservabilityPart } from '../../observability/names.ts';
import type { PrometheusConfig } from '../../observability/prometheus-config.ts';
import type { ScrapeJob } from '../../observability/scrape-jobs.ts';

/** Labels that the discovery of Pods would put on a target (https://prometheus.io/docs/prometheus/latest/configuration/configuration/#pod). */
function found(namespace: string, pod: string, more: Readonly<Record<string, string>>): Record<string, string> {
  return {
    __meta_kubernetes_namespace: namespace,
    __meta_kubernetes_pod_name: pod,
    __meta_kubernetes_pod_phase: 'Running',
    ...more,
  };
}

function named(name: string, version: string): Record<string, string> {
  return {
    __meta_kubernetes_pod_label_app_kubernetes_io_name: name,
    __meta_kubernetes_pod_label_app_kubernetes_io_version: version,
  };
}

function annotated(port: string, path?: string): Record<string, string> {
  return {
    __meta_kubernetes_pod_annotation_prometheus_io_scrape: 'true',
    __meta_kubernetes_pod_annotation_prometheus_io_port: port,
    ...(path ? { __meta_kubernetes_pod_annotation_prometheus_io_path: path } : {}),
  };
}

/** Every port of every container is a target, as Kubernetes has it; most of them have to be left out. */
const pods: Readonly<Record<string, readonly { targets: readonly string[]; labels: Record<string, string> }[]>> = {
  exchange: [
    port('10.0.0.20:8080', 'exchange', 'accounts-2', 'accounts', 'http', named('accounts', '2.0.0')),
    port('10.0.0.20:9090', 'exchange', 'accounts-2', 'accounts', 'admin', named('accounts', '2.0.0')),
    port('10.0.0.20:4143', 'exchange', 'accounts-2', 'linkerd-proxy', 'linkerd-proxy', named('accounts', '2.0.0')),
    port('10.0.0.20:4191', 'exchange', 'accounts-2', 'linkerd-proxy', 'linkerd-admin', named('accounts', '2.0.0')),
    ...['8080', '9090', '15090'].map((port) => ({
      targets: [`10.0.0.7:${port}`],
      labels: found('exchange', 'accounts-1', {
        ...named('accounts', '1.4.0'),
        ...annotated('15020', '/stats/prometheus'),
      }),
    })),
    { targets: ['10.0.0.8'], labels: found('exchange', 'job-1', named('job', '1.0.0')) },
    {
      targets: ['10.0.0.10:8080'],
      labels: { ...found('exchange', 'gone-1', annotated('15020')), __meta_kubernetes_pod_phase: 'Succeeded' },
    },
  ],
  linkerd: [
    port('10.0.0.21:9990', 'linkerd', 'identity-1', 'identity', 'ident-admin'),
    port('10.0.0.21:4191', 'linkerd', 'identity-1', 'linkerd-proxy', 'linkerd-admin'),
    port('10.0.0.21:8080', 'linkerd', 'identity-1', 'identity', 'ident-grpc'),
  ],
  'istio-system': [
    {
      targets: ['10.0.0.9:8080'],
      labels: found('istio-system', 'istiod-1', { __meta_kubernetes_pod_label_app: 'istiod', ...annotated('15014') }),
    },
    { targets: ['10.0.0.11:9094'], labels: found('istio-system', 'cni-1', annotated('15014')) },
  ],
  observability: [
    ...own('collector', '0.155.0', { 'otlp-grpc': 4317, 'span-metrics': 8889, metrics: 8888, health: 13_133 }),
    ...own('jaeger', '2.0.0', { http: 16_686, metrics: 8888 }),
  ],
};

function port(
  address: string,
  namespace: string,
  pod: string,
  container: string,
  name: string,
  more: Readonly<Record<string, string>> = {},
) {
  return {
    targets: [address],
    labels: found(namespace, pod, {
      ...more,
      __meta_kubernetes_pod_container_name: container,
      __meta_kubernetes_pod_container_port_name: name,
    }),
  };
}

function own(part: ObservabilityPart, version: string, declared: Readonly<Record<string, number>>) {
  return Object.entries(declared).map(([name, port]) => ({
    targets: [`${hostOf(part)}:${port}`],
    labels: found('observability', `${part}-1`, {
      ...named(part, version),
      __meta_kubernetes_pod_container_port_name: name,
    }),
  }));
}

/** The configuration with the Pods that discovery would find, in the place of discovery. */
export function withFoundPods(text: string): string {
  const config: PrometheusConfig = parse(text);
  const jobs = config.scrape_configs.map(({ kubernetes_sd_configs: asked, ...job }: ScrapeJob) => ({
    ...job,
    static_configs: asked.flatMap(({ namespaces }) => namespaces.names.flatMap((name) => pods[name] ?? [])),
  }));
  return JSON.stringify({ ...config, scrape_configs: jobs });
}
