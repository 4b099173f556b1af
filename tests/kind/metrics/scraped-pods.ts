import type { MeshName } from '../../../mesh/intent.ts';
import type { MeshMetrics } from '../../../observability/rules/rules.ts';
import {
  type Exposition,
  formerCalls,
  kitOf,
  recording,
  rolloutOf,
  type Scenario,
  type Served,
  serve,
} from './exposition.ts';

/** A target as the discovery of Pods would find it, in the place of discovery. */
export interface FoundTarget {
  readonly namespace: string;
  readonly targets: readonly [string];
  readonly labels: Readonly<Record<string, string>>;
}

interface ScrapedPod {
  readonly namespace: string;
  readonly name: string;
  readonly version?: string;
  readonly app?: string;
  readonly container?: string;
  readonly port?: string;
  readonly shows: readonly Exposition[];
  /** Answers 503 in the phase `fault`. */
  readonly dies?: boolean;
}

/** What runs: the exchange with two releases of accounts, a control plane, the collector, Prometheus and the controller of rollouts. */
function pods(mesh: MeshName, metrics: MeshMetrics, scenario: Scenario): ScrapedPod[] {
  const folder = `${mesh}-${metrics}`;
  const services = [
    { name: 'edge', version: '1.31.1', sidecar: true, own: false },
    { name: 'portfolio', version: '1.4.0', sidecar: true, own: true },
    { name: 'accounts', version: '1.4.0', sidecar: true, own: true },
    { name: 'accounts', version: '2.0.0', sidecar: false, own: true, dies: true },
    { name: 'orders', version: '1.4.0', sidecar: false, own: true },
  ];
  const exchange = services.flatMap(({ name, version, sidecar, own, dies }): ScrapedPod[] => {
    const proxy = sidecar ? [recording(`${folder}/${name}`, scenario)] : [];
    const former = name === 'edge' ? [formerCalls(scenario, Date.now)] : [];
    const app = own ? [kitOf(name, version, scenario)] : [];
    const pod = { namespace: 'exchange', name, version, ...(dies ? { dies } : {}) };
    if (mesh === 'istio') return [{ ...pod, shows: [...proxy, ...former, ...app] }];
    return [
      ...(own ? [{ ...pod, container: name, port: 'admin', shows: app }] : []),
      ...(sidecar ? [{ ...pod, container: 'linkerd-proxy', port: 'linkerd-admin', shows: [...proxy, ...former] }] : []),
    ];
  });
  const everyMesh = (file: string) => [recording(`every-mesh/${file}`, scenario)];
  const controlPlane =
    mesh === 'istio'
      ? { namespace: 'istio-system', name: 'istiod', app: 'istiod' }
      : { namespace: 'linkerd', name: 'destination', container: 'destination', port: 'dest-admin' };
  return [
    ...exchange,
    { ...controlPlane, shows: everyMesh('control-plane') },
    { namespace: 'observability', name: 'collector', version: '1', port: 'span-metrics', shows: everyMesh('spans') },
    { namespace: 'observability', name: 'collector', version: '1', port: 'metrics', shows: everyMesh('collector') },
    { namespace: 'observability', name: 'prometheus', version: '3', port: 'http', shows: everyMesh('prometheus') },
    { namespace: 'parley', name: 'rollouts', version: '0', port: 'admin', shows: [rolloutOf(scenario)] },
  ];
}

/** Serves the metrics of all Pods of the scenario at `host`; `end` closes every port. */
export async function servePods(
  host: string,
  mesh: MeshName,
  metrics: MeshMetrics,
  scenario: Scenario,
): Promise<{ targets: readonly FoundTarget[]; end(): Promise<void> }> {
  const servers: Served[] = [];
  const targets: FoundTarget[] = [];
  for (const pod of pods(mesh, metrics, scenario)) {
    const served = await serve(host, pod.shows, () => pod.dies === true && scenario.seconds('fault') !== undefined);
    servers.push(served);
    targets.push({
      namespace: pod.namespace,
      targets: [`${host}:${served.port}`],
      labels: discovered(pod, served.port),
    });
  }
  const end = async () => {
    for (const { server } of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  };
  return { targets, end };
}

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#pod */
function discovered(pod: ScrapedPod, port: number): Record<string, string> {
  const meta = '__meta_kubernetes_pod_';
  const labels: Record<string, string | undefined> = {
    __meta_kubernetes_namespace: pod.namespace,
    [`${meta}name`]: `${pod.name}-${pod.version ?? '0'}`,
    [`${meta}phase`]: 'Running',
    [`${meta}label_app_kubernetes_io_name`]: pod.version && pod.name,
    [`${meta}label_app_kubernetes_io_version`]: pod.version,
    [`${meta}label_app`]: pod.app,
    [`${meta}container_name`]: pod.container,
    [`${meta}container_port_name`]: pod.port,
    [`${meta}annotation_prometheus_io_scrape`]: 'true',
    [`${meta}annotation_prometheus_io_port`]: String(port),
    [`${meta}annotation_prometheus_io_path`]: '/metrics',
  };
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
