import { rollouts as controller } from '../mesh/exchange.ts';
import type { MeshName } from '../mesh/intent.ts';
import type { ObservabilityContext } from './context.ts';
import { namespace, type ObservabilityPart } from './names.ts';

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config */
export type Relabel =
  | { readonly action: 'keep' | 'drop'; readonly source_labels: readonly string[]; readonly regex: string }
  | {
      readonly action: 'replace';
      readonly source_labels: readonly string[];
      readonly regex?: string;
      readonly target_label: string;
      readonly replacement?: string;
    }
  | { readonly action: 'labeldrop'; readonly regex: string };

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config */
export interface ScrapeJob {
  readonly job_name: string;
  /** A label that a series brings along comes before that of its target. */
  readonly honor_labels?: true;
  readonly kubernetes_sd_configs: readonly {
    readonly role: 'pod';
    readonly namespaces: { readonly names: readonly string[] };
  }[];
  readonly relabel_configs: readonly Relabel[];
  readonly metric_relabel_configs?: readonly Relabel[];
}

const podLabel = '__meta_kubernetes_pod_label_app_kubernetes_io_';
const containerPort = '__meta_kubernetes_pod_container_port_name';
const containerName = '__meta_kubernetes_pod_container_name';

/** What scraping has to know of a mesh: where the metrics of Pods are, and those of its control plane. */
interface ScrapedMesh {
  readonly exchange: readonly { readonly job: string; readonly find: readonly Relabel[] }[];
  readonly controlPlane: readonly Relabel[];
}

/** Istio's injector writes into the annotations where the metrics of application and sidecar are, merged. */
const annotated: readonly Relabel[] = [
  { action: 'keep', source_labels: ['__meta_kubernetes_pod_annotation_prometheus_io_scrape'], regex: 'true' },
  {
    action: 'replace',
    source_labels: ['__meta_kubernetes_pod_annotation_prometheus_io_path'],
    regex: '(.+)',
    target_label: '__metrics_path__',
  },
  // A Pod has a target for each of its ports; with the same address they are one.
  {
    action: 'replace',
    source_labels: ['__address__', '__meta_kubernetes_pod_annotation_prometheus_io_port'],
    regex: String.raw`(.+?)(?::\d+)?;(\d+)`,
    target_label: '__address__',
    replacement: '$1:$2',
  },
];

const meshes: Readonly<Record<MeshName, ScrapedMesh>> = {
  istio: {
    exchange: [{ job: 'exchange', find: annotated }],
    controlPlane: [
      { action: 'keep', source_labels: ['__meta_kubernetes_pod_label_app'], regex: 'istiod' },
      ...annotated,
    ],
  },
  linkerd: {
    exchange: [
      {
        job: 'exchange',
        find: [
          { action: 'keep', source_labels: [containerPort], regex: 'admin' },
          { action: 'drop', source_labels: [containerName], regex: 'linkerd-proxy' },
        ],
      },
      {
        job: 'proxies',
        find: [
          {
            action: 'keep',
            source_labels: [containerName, containerPort],
            regex: 'linkerd-proxy;linkerd-admin',
          },
        ],
      },
    ],
    // As Linkerd's own extension finds them: each of its programs has a port of its own whose name ends so.
    controlPlane: [
      { action: 'keep', source_labels: [containerPort], regex: '.*admin' },
      { action: 'replace', source_labels: [containerName], target_label: 'component' },
    ],
  },
};

/** Port of each part that has metrics of its own, by the name of the container's port. */
const ownPorts: Readonly<Record<ObservabilityPart, string>> = {
  collector: 'metrics',
  prometheus: 'http',
  jaeger: 'metrics',
  grafana: 'http',
};

/** Everything that Prometheus scrapes. Every series has the labels `namespace`, `pod`, `service` and `release` of its Pod. */
export function scrapeJobs({ mesh, exchangeNamespace, parts, rollouts }: ObservabilityContext): ScrapeJob[] {
  const { exchange, controlPlane } = meshes[mesh.name];
  const own = parts.map((part) => `${part};${ownPorts[part]}`).join('|');
  return [
    ...exchange.map(({ job, find }) => podJob(job, exchangeNamespace, find, sameLabels)),
    podJob('control-plane', mesh.controlPlane.namespace, controlPlane),
    ...(parts.includes('collector') ? [podJob('spans', namespace, [collectorPort('span-metrics')], ofTheSpan)] : []),
    podJob('observability', namespace, [
      { action: 'keep', source_labels: [`${podLabel}name`, containerPort], regex: own },
    ]),
    ...(rollouts ? [controllerJob] : []),
  ];
}

/** Series of a rollout have the namespace, service and release that it is about, not those of the controller's Pod. */
const controllerJob: ScrapeJob = {
  ...podJob('rollouts', controller.namespace, [
    { action: 'keep', source_labels: [`${podLabel}name`, containerPort], regex: `${controller.serviceAccount};admin` },
  ]),
  honor_labels: true,
};

function collectorPort(port: string): Relabel {
  return { action: 'keep', source_labels: [`${podLabel}name`, containerPort], regex: `collector;${port}` };
}

/** The services say their name and release themselves, the same as the labels of their Pods. */
const sameLabels: readonly Relabel[] = [{ action: 'labeldrop', regex: 'exported_(service|release)' }];

/** Series made from spans belong to the service that made the span; sidecars of Istio call it `<service>.<namespace>`. */
const ofTheSpan: readonly Relabel[] = [
  { action: 'replace', source_labels: ['service_name'], regex: String.raw`([^.]+)(?:\..*)?`, target_label: 'service' },
  {
    action: 'replace',
    source_labels: ['service_name'],
    regex: String.raw`[^.]+\.([^.]+)`,
    target_label: 'namespace',
  },
  { action: 'replace', source_labels: ['service_namespace'], regex: '(.+)', target_label: 'namespace' },
  { action: 'replace', source_labels: ['service_version'], target_label: 'release' },
  { action: 'labeldrop', regex: 'pod|exported_(job|instance)|service_(namespace|version)|collector_instance_id' },
];

function podJob(
  name: string,
  inNamespace: string,
  find: readonly Relabel[],
  metrics: readonly Relabel[] = [],
): ScrapeJob {
  return {
    job_name: name,
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [inNamespace] } }],
    relabel_configs: [
      { action: 'drop', source_labels: ['__meta_kubernetes_pod_phase'], regex: 'Pending|Succeeded|Failed' },
      ...find,
      { action: 'replace', source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { action: 'replace', source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      { action: 'replace', source_labels: [`${podLabel}name`], target_label: 'service' },
      { action: 'replace', source_labels: [`${podLabel}version`], target_label: 'release' },
    ],
    ...(metrics.length > 0 ? { metric_relabel_configs: metrics } : {}),
  };
}
