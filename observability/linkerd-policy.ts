import { identityOf } from '../mesh/identity.ts';
import type { AuthorizationPolicy, MeshTLSAuthentication, ProxyProtocol, Server } from '../mesh/linkerd/policy.ts';
import { serviceSelector } from '../mesh/objects.ts';
import type { ObservabilityContext } from './context.ts';
import { type Caller, type Edge, edgesBetween } from './edges.ts';
import { labels, namespace } from './names.ts';

const protocols: Readonly<Record<Edge['protocol'], ProxyProtocol>> = { http: 'HTTP/1', grpc: 'gRPC' };

/** Who may reach which port by identity: the namespace denies everyone else. Empty where the Pods are not in the mesh. */
export function linkerdPolicy(context: ObservabilityContext): (Server | AuthorizationPolicy | MeshTLSAuthentication)[] {
  if (context.mesh.name !== 'linkerd') return [];
  const edges = edgesBetween(context.parts);
  const callers = new Set(edges.flatMap(({ from }) => from));
  return [
    ...edges.map(server),
    ...edges.flatMap((edge) => edge.from.map((caller) => allow(edge, caller))),
    ...[...callers].map((caller) => identity(context, caller)),
  ];
}

function server(edge: Edge): Server {
  return {
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'Server',
    metadata: metadata(serverName(edge), edge.to),
    spec: {
      podSelector: { matchLabels: serviceSelector(edge.to) },
      port: edge.port,
      proxyProtocol: protocols[edge.protocol],
      accessPolicy: 'deny',
    },
  };
}

function allow(edge: Edge, caller: Caller): AuthorizationPolicy {
  return {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: metadata(`${serverName(edge)}-from-${caller}`, edge.to),
    spec: {
      targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: serverName(edge) },
      requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: caller }],
    },
  };
}

/** Of a part: its ServiceAccount. Of the exchange: every ServiceAccount of its namespace, by the form of Linkerd's identities. */
function identity(context: ObservabilityContext, caller: Caller): MeshTLSAuthentication {
  const { exchangeNamespace, trustDomain } = context;
  return {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'MeshTLSAuthentication',
    metadata: metadata(caller, undefined),
    spec:
      caller === 'exchange'
        ? {
            identities: [identityOf('linkerd', { trustDomain, namespace: exchangeNamespace, serviceAccount: '*' })],
          }
        : { identityRefs: [{ kind: 'ServiceAccount', name: caller }] },
  };
}

function serverName({ to, port }: Edge): string {
  return `${to}-${port}`;
}

function metadata(name: string, part: string | undefined): Server['metadata'] {
  return { name, namespace, labels: { ...(part ? serviceSelector(part) : {}), ...labels } };
}
