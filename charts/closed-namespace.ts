import type { Chart } from 'cdk8s';
import { JsonPatch } from 'cdk8s';
import type { MeshName } from '../mesh/intent.ts';
import { namespaceMarks } from '../mesh/linkerd/mutual-tls.ts';
import type { Marks, Mesh } from '../mesh/mesh.ts';
import { k8s } from './cdk8s-plus.ts';
import type { Capture } from './context.ts';
import { denyByDefault } from './network-policy.ts';

export interface ClosedNamespace {
  readonly name: string;
  /** Of the Namespace and of what closes it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly mesh: Mesh;
  readonly capture: Capture;
}

/**
 * A namespace beside the exchange is in the mesh under Linkerd, where spans are sent to an identity only and policy names whoever reads
 * metrics by identity. Under Istio none is: Envoy's own exporter sends spans without mutual TLS, the ports of metrics are outside of the
 * sidecar, so that a reader needs no identity, and NetworkPolicies say who may reach what.
 */
export function isInMesh({ name }: Mesh): boolean {
  return name === 'linkerd';
}

const marks: Readonly<Record<MeshName, Marks>> = {
  istio: { labels: { 'istio-injection': 'disabled' }, annotations: {} },
  linkerd: namespaceMarks,
};

/** The Namespace of a part of the kit beside the exchange, closed to everyone. */
export function closedNamespace(chart: Chart, { name, labels, mesh, capture }: ClosedNamespace): void {
  const own = marks[mesh.name];
  const object = new k8s.KubeNamespace(chart, 'namespace', {
    metadata: {
      name,
      labels: {
        ...labels,
        // An init container that redirects traffic needs NET_ADMIN, which only `privileged` allows.
        'pod-security.kubernetes.io/enforce': isInMesh(mesh) && capture === 'init' ? 'privileged' : 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
        ...own.labels,
      },
      ...(Object.keys(own.annotations).length > 0 ? { annotations: { ...own.annotations } } : {}),
    },
  });
  object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  denyByDefault(chart, labels);
}
