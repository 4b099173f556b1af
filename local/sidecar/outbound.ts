import { mirroredToHeader } from '../../mesh/envoy/call-counters.ts';
import { connectionLogs, requestLogs } from './call-log.ts';
import { httpConnection } from './http-connection.ts';
import { type ListenerContext, tcpProxy } from './inbound.ts';
import { extension, type Message, pipeAddress, type Resource, socketAddress, typed } from './resource.ts';
import { clusterName, type MeshService, type MeshServicePort, serviceHost } from './services.ts';

/** Virtual host of a Service port in the shared route table. */
export const outboundHost = (service: MeshService, port: MeshServicePort): string =>
  `out:${service.name}.${service.namespace}:${port.port}`;

/** The Unix socket by which a program of the Pod reaches `host:port`; relative to the Pod's directory. */
export const outboundSocket = (service: { name: string; namespace: string }, port: number): string =>
  `out/${serviceHost(service)}:${port}`;

/** The TCP port on the Pod's address for programs without Unix sockets; the same for as long as the state folder lives. */
export type OutboundPorts = (host: string, port: number) => number;

function filter(service: MeshService, port: MeshServicePort, context: ListenerContext): Message {
  const cluster = clusterName(service, port.port);
  if (port.protocol === 'tcp') return tcpProxy(`out_${cluster}`, cluster, connectionLogs);
  const grpcStatistics = extension('grpc', 'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig', {
    stats_for_all_methods: true,
  });
  return httpConnection({
    statPrefix: `out_${cluster}`,
    virtualHost: outboundHost(service, port),
    filters: port.protocol === 'grpc' ? [grpcStatistics] : [],
    tracing: context.tracing,
    accessLog: context.accessLog,
    counts: requestLogs,
    refusedHeaders: [mirroredToHeader],
  });
}

/** The way out of a Pod to one Service port. */
export function outboundListener(
  service: MeshService,
  port: MeshServicePort,
  context: ListenerContext,
  ports: OutboundPorts,
): Resource {
  const { pod } = context;
  return typed('envoy.config.listener.v3.Listener', {
    name: outboundHost(service, port),
    traffic_direction: 'OUTBOUND',
    enable_reuse_port: false,
    address: pod.sockets
      ? pipeAddress(outboundSocket(service, port.port), 0o600)
      : socketAddress(pod.ip, ports(serviceHost(service), port.port)),
    filter_chains: [{ filters: [filter(service, port, context)] }],
  });
}
