import type { MeshIntent } from '../intent.ts';
import type { Compiled, Mesh } from '../mesh.ts';
import { authorization } from './authorization.ts';
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
      pod: { labels: {}, annotations: {} },
      services: {},
    };
  },
};
