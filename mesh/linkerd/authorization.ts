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
 * Of the admin port Linkerd lets the probes of the kubelet through by itself, as long as no route is attached to the Server; see
 * monitoring.ts for who else may.
 */
function servers(intent: MeshIntent, service: ServiceIntent): Server[] {
  const { name, port, protocol } = service;
  const own = server(intent, { name, service: name, port, proxyProtocol: proxyProtocols[protocol] });
  return protocol === 'tcp' ? [own] : [own, adminServer(intent, name)];
}

/** The Server of the admin port of a service, or of the edge. */
export function adminServer(intent: MeshIntent, service: string): Server {
  return server(intent, { name: adminName(service), service, port: adminPort, proxyProtocol: 'HTTP/1' });
}

/** Names of all Servers of admin ports. */
export function adminServers({ services, gateway }: MeshIntent): string[] {
  return [...services.filter(({ protocol }) => protocol !== 'tcp'), gateway].map(({ name }) => adminName(name));
}

function adminName(service: string): string {
  return `${service}-admin`;
}

interface ServerProps {
  readonly name: string;
  /** Whose it is; absent: nobody's in particular. */
  readonly service?: string;
  /** Labels of its Pods; absent: those of the service. */
  readonly pods?: Readonly<Record<string, string>>;
  readonly port: number;
  readonly proxyProtocol: ProxyProtocol;
}

/** A Server for one port of some Pods, which refuses everyone. */
export function server(intent: MeshIntent, { name, service, pods, port, proxyProtocol }: ServerProps): Server {
  const matchLabels = { ...(service ? serviceSelector(service) : {}), ...pods };
  return {
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'Server',
    metadata: metadataOf(intent, name, service),
    spec: { podSelector: { matchLabels }, port, proxyProtocol, accessPolicy: 'deny' },
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
