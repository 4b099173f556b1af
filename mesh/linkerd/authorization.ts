import { edgesOf, type MeshIntent, type Protocol, type ServiceIntent } from '../intent.ts';
import { metadataOf, serviceSelector } from '../objects.ts';
import { adminPort } from '../ports.ts';
import type { AuthorizationPolicy, ProxyProtocol, Server } from './policy.ts';

const proxyProtocols: Readonly<Record<Protocol, ProxyProtocol>> = { http: 'HTTP/1', grpc: 'gRPC', tcp: 'opaque' };

/** A Server per port, which refuses everyone, then one allow per edge. */
export function authorization(intent: MeshIntent): (Server | AuthorizationPolicy)[] {
  return [
    ...intent.services.flatMap((service) => servers(intent, service)),
    ...edgesOf(intent).map(({ provider, caller }) => allow(intent, provider.name, caller)),
  ];
}

/**
 * The admin port has no AuthorizationPolicy: Linkerd lets the probes of the kubelet through by itself as long as no route is
 * attached to the Server, and nobody else.
 */
function servers(intent: MeshIntent, service: ServiceIntent): Server[] {
  const own = server(intent, service.name, service.name, service.port, proxyProtocols[service.protocol]);
  if (service.protocol === 'tcp') return [own];
  return [own, server(intent, `${service.name}-admin`, service.name, adminPort, 'HTTP/1')];
}

/** A Server for one port of the Pods of `service`. */
export function server(
  intent: MeshIntent,
  name: string,
  service: string,
  port: number,
  proxyProtocol: ProxyProtocol,
): Server {
  return {
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'Server',
    metadata: metadataOf(intent, name, service),
    spec: { podSelector: { matchLabels: serviceSelector(service) }, port, proxyProtocol, accessPolicy: 'deny' },
  };
}

function allow(intent: MeshIntent, provider: string, caller: string): AuthorizationPolicy {
  const name = `${provider}-from-${caller}`;
  return {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: metadataOf(intent, name, provider),
    spec: {
      targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: provider },
      requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name }],
    },
  };
}
