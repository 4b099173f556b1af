import { selectsLabels } from '../objects/selector.ts';
import { mirroredLogs } from './call-log.ts';
import { inboundPort, tcpAppCluster } from './clusters.ts';
import { httpConnection } from './http-connection.ts';
import type { AppPort, MeshPod } from './mesh-pod.ts';
import { rbacHttpFilters } from './policy/rbac.ts';
import { type Protocol, saidProtocol } from './protocol.ts';
import { extension, type Message, type Resource, socketAddress, typed } from './resource.ts';
import type { MeshService } from './services.ts';
import { inboundTls, serverName } from './tls.ts';
import type { TracingTarget } from './tracing.ts';

/** What all listeners of one sidecar have in common. */
export interface ListenerContext {
  readonly pod: MeshPod;
  readonly tracing?: TracingTarget;
  readonly accessLog: boolean;
}

export const inboundHost = (port: number): string => `in:${port}`;

/**
 * Ports of a Pod's programs: those that Services send to, and those that it declares. The protocol is that of the first
 * Service by name that sends there, else what the port's name says, else what its Linkerd Server says.
 */
export function appPorts(
  pod: MeshPod,
  services: Iterable<MeshService>,
  serverProtocol: (pod: MeshPod, port: number) => Protocol | undefined,
): AppPort[] {
  const found = new Map<number, AppPort>();
  for (const service of services) {
    if (service.namespace !== pod.namespace || !service.selector) continue;
    if (!selectsLabels(service.selector, pod.labels)) continue;
    for (const { targetPort, protocol } of service.ports) {
      const declared = pod.ports.find(({ name, port }) => name === targetPort || port === targetPort);
      const port = typeof targetPort === 'number' ? targetPort : declared?.port;
      if (port !== undefined && !found.has(port)) found.set(port, { port, name: declared?.name, protocol });
    }
  }
  for (const { name, port } of pod.ports) {
    const protocol = saidProtocol({ name }) ?? serverProtocol(pod, port) ?? 'tcp';
    if (!found.has(port)) found.set(port, { port, name, protocol });
  }
  return [...found.values()].sort((a, b) => a.port - b.port);
}

export function tcpProxy(statPrefix: string, cluster: string, more: Message = {}): Message {
  return extension('tcp', 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', {
    stat_prefix: statPrefix,
    cluster,
    idle_timeout: '0s',
    ...more,
  });
}

function chain({ port, protocol }: AppPort, context: ListenerContext): Message {
  const filter =
    protocol === 'tcp'
      ? tcpProxy(`in_${port}`, tcpAppCluster(port))
      : httpConnection({
          statPrefix: `in_${port}`,
          virtualHost: inboundHost(port),
          filters: rbacHttpFilters(),
          tracing: context.tracing,
          accessLog: context.accessLog,
          counts: mirroredLogs,
          more: {
            normalize_path: true,
            // The app learns who calls: URI=spiffe://...; what the caller claims is dropped.
            forward_client_cert_details: 'SANITIZE_SET',
            set_current_client_cert_details: { uri: true },
          },
        });
  return {
    name: serverName(port),
    filter_chain_match: { server_names: [serverName(port)] },
    transport_socket: inboundTls(port, protocol),
    filters: [filter],
  };
}

/** The way into a Pod: one port, one chain per app port, chosen by server name. A second program on the port is refused. */
export function inboundListener(ports: readonly AppPort[], context: ListenerContext): Resource | undefined {
  if (ports.length === 0) return undefined;
  return typed('envoy.config.listener.v3.Listener', {
    name: 'in',
    stat_prefix: 'in',
    traffic_direction: 'INBOUND',
    enable_reuse_port: false,
    address: socketAddress(context.pod.ip, inboundPort),
    listener_filters: [extension('tls', 'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector')],
    filter_chains: ports.map((port) => chain(port, context)),
  });
}
