import type { Chart } from 'cdk8s';
import { JsonPatch } from 'cdk8s';
import { k8s } from '../charts/cdk8s-plus.ts';
import { denyByDefault } from '../charts/network-policy.ts';
import type { MeshName } from '../mesh/intent.ts';
import { namespaceMarks } from '../mesh/linkerd/mutual-tls.ts';
import type { Marks } from '../mesh/mesh.ts';
import type { ObservabilityContext } from './context.ts';
import { labels, namespace } from './names.ts';
import { inMesh } from './packets.ts';

/**
 * Under Linkerd every Pod is in the mesh, because its proxies send spans to a collector with an identity only, and policy names callers by
 * identity. Under Istio none is: Envoy's own exporter sends spans without mutual TLS, the merged metrics on port 15020 are outside of the
 * sidecar, so that a Prometheus needs no identity, and NetworkPolicies say who may reach what.
 */
const marks: Readonly<Record<MeshName, Marks>> = {
  istio: { labels: { 'istio-injection': 'disabled' }, annotations: {} },
  linkerd: namespaceMarks,
};

/** The Namespace, closed to everyone. */
export function closedNamespace(chart: Chart, context: ObservabilityContext): void {
  const own = marks[context.mesh.name];
  const object = new k8s.KubeNamespace(chart, 'namespace', {
    metadata: {
      name: namespace,
      labels: {
        ...labels,
        // An init container that redirects traffic needs NET_ADMIN, which only `privileged` allows.
        'pod-security.kubernetes.io/enforce':
          inMesh(context) && context.capture === 'init' ? 'privileged' : 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
        ...own.labels,
      },
      ...(Object.keys(own.annotations).length > 0 ? { annotations: { ...own.annotations } } : {}),
    },
  });
  object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  denyByDefault(chart, labels);
}
