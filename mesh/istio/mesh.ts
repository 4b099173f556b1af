import type { MeshIntent } from '../intent.ts';
import type { Compiled, Marks, Mesh } from '../mesh.ts';
import { adminPort } from '../ports.ts';
import { authorization } from './authorization.ts';
import { countedStats } from './counted-stats.ts';
import { gateway } from './gateway.ts';
import { mutualTls } from './mutual-tls.ts';
import { outlierDetection } from './outlier-detection.ts';
import { tracing } from './tracing.ts';
import { trafficSplit } from './traffic-split.ts';

/** Istio with sidecars (https://istio.io). */
export const istio: Mesh = {
  name: 'istio',
  controlPlane: { namespace: 'istio-system', ports: [15012] },
  inboundPorts: [],
  // The agent of the sidecar serves the metrics of both (https://istio.io/latest/docs/ops/integrations/prometheus/#option-1-metrics-merging),
  // Envoy its own (https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio).
  metricsPorts: { pods: [15_020], sidecars: [15_090] },
  // https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
  appProtocol: (protocol) => protocol,
  compile(intent: MeshIntent): Compiled {
    const split = trafficSplit(intent);
    return {
      objects: [
        ...mutualTls(intent),
        ...authorization(intent),
        ...outlierDetection(intent),
        ...tracing(intent),
        ...gateway(intent),
        ...split.objects,
      ],
      notExpressed: split.notExpressed,
      namespace: { labels: { 'istio-injection': 'enabled' }, annotations: {} },
      pod: intent.readers?.some(({ reads }) => reads === 'pods') ? scraped : { labels: {}, annotations: {} },
      sidecar: countedStats(intent),
      services: {},
    };
  },
};

/** Read by Istio's injector, which points them at the merged metrics. */
const scraped: Marks = {
  labels: {},
  annotations: {
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(adminPort),
    'prometheus.io/path': '/metrics',
  },
};
