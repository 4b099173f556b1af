import type { Construct } from 'constructs';
import { k8s } from '../charts/cdk8s-plus.ts';
import { isInMesh } from '../charts/closed-namespace.ts';
import { dns, namespaceNamed, tcp } from '../charts/network-policy.ts';
import { monitoring, rollouts } from '../mesh/exchange.ts';
import type { MeshName } from '../mesh/intent.ts';
import { ownLabels, serviceSelector } from '../mesh/objects.ts';
import { adminPort } from '../mesh/ports.ts';
import type { ObservabilityContext } from './context.ts';
import { type Caller, edgesBetween } from './edges.ts';
import { labels, type ObservabilityPart } from './names.ts';

/** Ports of the control plane's programs from which metrics are read. */
const controlPlaneMetrics: Readonly<Record<MeshName, readonly number[]>> = {
  istio: [15_014],
  // identity and policy, proxy-injector, destination, sp-validator, and the proxies in front of them
  linkerd: [9990, 9995, 9996, 9997, 4191],
};

/** What one part may exchange packets with: one rule per edge, DNS, and what only some need. The kubelet is not subject to it. */
export function packets(scope: Construct, context: ObservabilityContext, part: ObservabilityPart): void {
  const from = ingress(context, part);
  new k8s.KubeNetworkPolicy(scope, `network-policy-${part}`, {
    metadata: { name: part, labels: { ...serviceSelector(part), ...labels } },
    spec: {
      podSelector: { matchLabels: serviceSelector(part) },
      policyTypes: ['Ingress', 'Egress'],
      ...(from.length > 0 ? { ingress: from } : {}),
      egress: [
        dns,
        ...(isInMesh(context.mesh) ? [controlPlane(context, context.mesh.controlPlane.ports)] : []),
        ...egress(context, part),
        ...(part === 'prometheus' ? scraped(context) : []),
      ],
    },
  });
}

function ingress(context: ObservabilityContext, part: ObservabilityPart): k8s.NetworkPolicyIngressRule[] {
  return edgesBetween(context.parts)
    .filter(({ to }) => to === part)
    .flatMap(({ port, from }) =>
      from.map((caller) => ({ from: [podsOf(context, caller)], ports: tcp(port, ...sidecarPorts(context)) })),
    );
}

function egress(context: ObservabilityContext, part: ObservabilityPart): k8s.NetworkPolicyEgressRule[] {
  return edgesBetween(context.parts)
    .filter(({ from }) => from.includes(part))
    .map(({ to, port }) => ({ to: [podsOf(context, to)], ports: tcp(port, ...sidecarPorts(context)) }));
}

/** Whom Prometheus asks outside the namespace: for metrics, and the API server for the Pods that have them. */
function scraped(context: ObservabilityContext): k8s.NetworkPolicyEgressRule[] {
  const { mesh } = context;
  return [
    { to: [podsOf(context, 'exchange')], ports: tcp(...mesh.metricsPorts[monitoring.reads], ...sidecarPorts(context)) },
    controlPlane(context, [...controlPlaneMetrics[mesh.name], ...sidecarPorts(context)]),
    ...(context.rollouts ? [controllerOfRollouts(context)] : []),
    // The API server has no Pod that a selector could name on every cluster, and its address is not known here.
    { ports: tcp(443, 6443) },
  ];
}

function controllerOfRollouts(context: ObservabilityContext): k8s.NetworkPolicyEgressRule {
  const podSelector = { matchLabels: serviceSelector(rollouts.serviceAccount) };
  const to = [{ namespaceSelector: namespaceNamed(rollouts.namespace), podSelector }];
  return { to, ports: tcp(adminPort, ...sidecarPorts(context)) };
}

function controlPlane({ mesh }: ObservabilityContext, numbers: readonly number[]): k8s.NetworkPolicyEgressRule {
  return { to: [{ namespaceSelector: namespaceNamed(mesh.controlPlane.namespace) }], ports: tcp(...numbers) };
}

function sidecarPorts(context: ObservabilityContext): readonly number[] {
  return isInMesh(context.mesh) ? context.mesh.inboundPorts : [];
}

function podsOf({ exchangeNamespace }: ObservabilityContext, caller: Caller): k8s.NetworkPolicyPeer {
  if (caller !== 'exchange') return { podSelector: { matchLabels: serviceSelector(caller) } };
  const partOf = 'app.kubernetes.io/part-of';
  return {
    namespaceSelector: namespaceNamed(exchangeNamespace),
    podSelector: { matchLabels: { [partOf]: ownLabels[partOf] } },
  };
}
