import type { Construct } from 'constructs';
import { k8s } from '../../charts/cdk8s-plus.ts';
import { isInMesh } from '../../charts/closed-namespace.ts';
import { dns, namespaceNamed, tcp } from '../../charts/network-policy.ts';
import { edgeGateway, monitoring, rollouts } from '../../mesh/exchange.ts';
import type { Mesh } from '../../mesh/mesh.ts';
import { ownLabels, serviceSelector } from '../../mesh/objects.ts';
import { adminPort } from '../../mesh/ports.ts';
import type { DeployOptions } from './deploy-options.ts';
import { labels, name } from './names.ts';

const partOf = 'app.kubernetes.io/part-of';

/** What the controller may exchange packets with: the API server, what sidecars show, the edge for calls of its own, and Prometheus. */
export function packets(scope: Construct, mesh: Mesh, options: DeployOptions): void {
  const from = options.observed ? [prometheus(mesh)] : [];
  new k8s.KubeNetworkPolicy(scope, `network-policy-${name}`, {
    metadata: { name, labels: { ...serviceSelector(name), ...labels } },
    spec: {
      podSelector: { matchLabels: serviceSelector(name) },
      policyTypes: ['Ingress', 'Egress'],
      ...(from.length > 0 ? { ingress: from } : {}),
      egress: [dns, ...controlPlane(mesh), ...exchange(mesh, options), apiServer],
    },
  });
}

function prometheus(mesh: Mesh): k8s.NetworkPolicyIngressRule {
  const podSelector = { matchLabels: serviceSelector(monitoring.serviceAccount) };
  return {
    from: [{ namespaceSelector: namespaceNamed(monitoring.namespace), podSelector }],
    ports: tcp(adminPort, ...sidecarPorts(mesh)),
  };
}

function controlPlane(mesh: Mesh): k8s.NetworkPolicyEgressRule[] {
  if (!isInMesh(mesh)) return [];
  const { namespace, ports } = mesh.controlPlane;
  return [{ to: [{ namespaceSelector: namespaceNamed(namespace) }], ports: tcp(...ports) }];
}

function exchange(mesh: Mesh, { exchangeNamespace }: DeployOptions): k8s.NetworkPolicyEgressRule[] {
  const namespaceSelector = namespaceNamed(exchangeNamespace);
  const members = { matchLabels: { [partOf]: ownLabels[partOf] } };
  const listeners = edgeGateway.listeners.filter(({ protocol }) => protocol === 'HTTP').map(({ port }) => port);
  return [
    {
      to: [{ namespaceSelector, podSelector: members }],
      ports: tcp(...mesh.metricsPorts[rollouts.reads], ...sidecarPorts(mesh)),
    },
    {
      to: [{ namespaceSelector, podSelector: { matchLabels: serviceSelector(edgeGateway.name) } }],
      ports: tcp(...listeners, ...sidecarPorts(mesh)),
    },
  ];
}

/** It has no Pod that a selector could name on every cluster, and its address is not known here. */
const apiServer: k8s.NetworkPolicyEgressRule = { ports: tcp(443, 6443) };

function sidecarPorts(mesh: Mesh): readonly number[] {
  return isInMesh(mesh) ? mesh.inboundPorts : [];
}
