import type { Construct } from 'constructs';
import { monitoring } from '../mesh/exchange.ts';
import { edgeName, edgesOf } from '../mesh/intent.ts';
import { ownLabels, serviceSelector } from '../mesh/objects.ts';
import { otlpGrpcPort } from '../mesh/ports.ts';
import { k8s } from './cdk8s-plus.ts';
import type { ChartContext } from './context.ts';

/** Nothing comes in and nothing goes out of any Pod of the namespace, unless another policy says so. */
export function denyByDefault(scope: Construct, labels: Readonly<Record<string, string>> = ownLabels): void {
  new k8s.KubeNetworkPolicy(scope, 'network-policy-default-deny', {
    metadata: { name: 'default-deny', labels: { ...labels } },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  });
}

/**
 * What one service may exchange packets with: its callers, its providers, DNS, the control plane of the mesh and the collector. The
 * edges are those of the mesh policy, from the same intent. The kubelet is not subject to it.
 */
export function networkPolicy(scope: Construct, context: ChartContext, service: string): void {
  const ingress = [...(service === edgeName ? outside(context) : callers(context, service)), ...readers(context)];
  new k8s.KubeNetworkPolicy(scope, `network-policy-${service}`, {
    metadata: { name: service, labels: { ...serviceSelector(service), ...ownLabels } },
    spec: {
      podSelector: { matchLabels: serviceSelector(service) },
      policyTypes: ['Ingress', 'Egress'],
      ...(ingress.length > 0 ? { ingress } : {}),
      egress: [dns, controlPlane(context), ...providers(context, service), ...collector(context)],
    },
  });
}

function callers(context: ChartContext, service: string): k8s.NetworkPolicyIngressRule[] {
  return edgesOf(context.intent)
    .filter(({ provider }) => provider.name === service)
    .map(({ provider, caller }) => ({
      from: [podsOf(caller)],
      ports: tcp(provider.port, ...context.mesh.inboundPorts),
    }));
}

function providers(context: ChartContext, service: string): k8s.NetworkPolicyEgressRule[] {
  return edgesOf(context.intent)
    .filter(({ caller }) => caller === service)
    .map(({ provider }) => ({ to: [podsOf(provider.name)], ports: tcp(provider.port, ...context.mesh.inboundPorts) }));
}

/** They read metrics, and nothing else. */
function readers({ intent, mesh }: ChartContext): k8s.NetworkPolicyIngressRule[] {
  return (intent.readers ?? []).map(({ namespace, serviceAccount, reads }) => ({
    from: [
      { namespaceSelector: namespaceNamed(namespace), podSelector: { matchLabels: serviceSelector(serviceAccount) } },
    ],
    ports: tcp(...mesh.metricsPorts[reads], ...mesh.inboundPorts),
  }));
}

/** Clients outside have no address that could be listed. */
function outside({ intent }: ChartContext): k8s.NetworkPolicyIngressRule[] {
  return [{ ports: tcp(...intent.gateway.listeners.map(({ port }) => port)) }];
}

/** The cluster's name servers. */
export const dns: k8s.NetworkPolicyEgressRule = {
  to: [{ namespaceSelector: namespaceNamed('kube-system'), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
  ports: [
    { protocol: 'UDP', port: k8s.IntOrString.fromNumber(53) },
    { protocol: 'TCP', port: k8s.IntOrString.fromNumber(53) },
  ],
};

function controlPlane({ mesh }: ChartContext): k8s.NetworkPolicyEgressRule {
  return {
    to: [{ namespaceSelector: namespaceNamed(mesh.controlPlane.namespace) }],
    ports: tcp(...mesh.controlPlane.ports),
  };
}

/** Service and Pods of the kit's own collector (docs/architecture.md, Observability). */
const ownCollector = 'collector';

/**
 * The kit's own collector is named by its Pods; another one in the cluster by its namespace, since the labels of its Pods are
 * not known; one outside by its address; a host name outside cannot be expressed.
 * The application sends to the port of the URL, its sidecar OTLP over gRPC.
 */
function collector({ collector: url, intent, mesh }: ChartContext): k8s.NetworkPolicyEgressRule[] {
  if (!url) return [];
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const ports = tcp(port, ...(intent.tracing && port !== otlpGrpcPort ? [otlpGrpcPort] : []));
  const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc(?:\.|$)/.exec(url.hostname) ?? [];
  if (name && namespace) {
    const own = name === ownCollector && namespace === monitoring.namespace;
    const pods = own ? { podSelector: { matchLabels: serviceSelector(name) } } : {};
    const to = [{ namespaceSelector: namespaceNamed(namespace), ...pods }];
    return [{ to, ports: [...ports, ...tcp(...mesh.inboundPorts)] }];
  }
  if (/^\d+(\.\d+){3}$/.test(url.hostname)) return [{ to: [{ ipBlock: { cidr: `${url.hostname}/32` } }], ports }];
  return [{ ports }];
}

function podsOf(service: string): k8s.NetworkPolicyPeer {
  return { podSelector: { matchLabels: serviceSelector(service) } };
}

/** By the label that every Namespace has (https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name). */
export function namespaceNamed(name: string): k8s.LabelSelector {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}

/** TCP ports by number. */
export function tcp(...ports: number[]): k8s.NetworkPolicyPort[] {
  return ports.map((port) => ({ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) }));
}
