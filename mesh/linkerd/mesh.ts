import type { MeshIntent, Protocol } from '../intent.ts';
import type { Compiled, Mesh } from '../mesh.ts';
import { adminPort } from '../ports.ts';
import { authorization } from './authorization.ts';
import { gateway } from './gateway.ts';
import { monitoring, proxyAdminPort } from './monitoring.ts';
import { mutualTls, namespaceMarks } from './mutual-tls.ts';
import { outlierDetection } from './outlier-detection.ts';
import { tracing } from './tracing.ts';
import { trafficSplit } from './traffic-split.ts';

/** Any other value, `grpc` too, makes Linkerd treat the port as opaque (https://linkerd.io/2/features/protocol-detection/). */
const appProtocols: Readonly<Record<Protocol, string>> = {
  http: 'http',
  grpc: 'kubernetes.io/h2c',
  tcp: 'linkerd.io/opaque',
};

/** Linkerd (https://linkerd.io). */
export const linkerd: Mesh = {
  name: 'linkerd',
  controlPlane: { namespace: 'linkerd', ports: [8080, 8086, 8090] },
  inboundPorts: [4143],
  metricsPorts: { pods: [adminPort, proxyAdminPort], sidecars: [proxyAdminPort] },
  appProtocol: (protocol) => appProtocols[protocol],
  compile(intent: MeshIntent): Compiled {
    const split = trafficSplit(intent);
    const outliers = outlierDetection(intent);
    return {
      objects: [
        ...authorization(intent),
        ...mutualTls(intent),
        ...monitoring(intent),
        ...gateway(intent),
        ...split.objects,
      ],
      notExpressed: [...split.notExpressed, ...outliers.notExpressed, ...tracing(intent)],
      namespace: namespaceMarks,
      pod: { labels: {}, annotations: {} },
      sidecar: { labels: {}, annotations: {} },
      services: outliers.services,
    };
  },
};
