import { mirroredToHeader } from '../../mesh/envoy/call-counters.ts';
import type { Stored } from '../store/types.ts';
import { requestLogs } from './call-log.ts';
import { httpConnection } from './http-connection.ts';
import type { ListenerContext } from './inbound.ts';
import type { AnyRoute, Gateway, Listener, ParentRef } from './objects.ts';
import { rbacHttpFilters } from './policy/rbac.ts';
import { type Message, type Resource, socketAddress, typed } from './resource.ts';
import { edgeTls } from './tls.ts';

/** Headers with which a client outside could speak for the mesh. */
const refusedHeaders = [
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-decorator-operation',
  'x-envoy-force-trace',
  'x-envoy-internal',
  mirroredToHeader,
];

export const edgeHost = (listener: Listener): string => `edge:${listener.name}`;
export const edgeSecret = (listener: Listener): string => `edge-${listener.name}`;

/** A host address such as `127.0.0.1:7443` in Envoy's form. */
export function hostSocket(address: string): Message {
  const at = address.lastIndexOf(':');
  return socketAddress(address.slice(0, at), Number(address.slice(at + 1)));
}

/** A listener of a Gateway on the address of its Pod, such as `127.70.1.4:8443`; host-door.ts leads there from outside. */
export function edgeListener(listener: Listener, address: string, context: ListenerContext): Resource {
  return typed('envoy.config.listener.v3.Listener', {
    name: edgeHost(listener),
    traffic_direction: 'INBOUND',
    enable_reuse_port: false,
    address: hostSocket(address),
    filter_chains: [
      {
        ...(listener.protocol === 'HTTPS' ? { transport_socket: edgeTls(edgeSecret(listener)) } : {}),
        filters: [
          httpConnection({
            statPrefix: `edge_${listener.name}`,
            virtualHost: edgeHost(listener),
            filters: rbacHttpFilters(),
            tracing: context.tracing,
            accessLog: context.accessLog,
            counts: requestLogs,
            refusedHeaders,
            more: { normalize_path: true, use_remote_address: true, forward_client_cert_details: 'SANITIZE' },
          }),
        ],
      },
    ],
  });
}

/** Whether `ref` of a route in `routeNamespace` names this Gateway, and this listener when it names one. */
export function refersTo(
  ref: ParentRef,
  routeNamespace: string,
  gateway: Stored<Gateway>,
  listener?: Listener,
): boolean {
  if ((ref.kind ?? 'Gateway') !== 'Gateway' || ref.name !== gateway.metadata.name) return false;
  if ((ref.namespace ?? routeNamespace) !== gateway.metadata.namespace) return false;
  if (!listener) return true;
  return (!ref.sectionName || ref.sectionName === listener.name) && (!ref.port || ref.port === listener.port);
}

/** Whether a listener takes routes of this kind from this namespace (`allowedRoutes`). */
export function allows(listener: Listener, gateway: Stored<Gateway>, route: AnyRoute): boolean {
  const { namespaces, kinds } = listener.allowedRoutes ?? {};
  if (kinds?.length && !kinds.some(({ kind }) => kind === route.kind)) return false;
  return namespaces?.from === 'All' || route.metadata.namespace === gateway.metadata.namespace;
}

const within = (host: string, wildcard: string) => wildcard.startsWith('*.') && host.endsWith(wildcard.slice(1));

/** Host names that both the listener and the route want; empty: any; undefined: they have none in common. */
export function commonHosts(listener: Listener, route: AnyRoute): readonly string[] | undefined {
  const wanted = route.spec.hostnames ?? [];
  const own = listener.hostname;
  if (!own) return wanted;
  if (wanted.length === 0) return [own];
  const common = wanted.flatMap((host) => {
    if (host === own || within(host, own)) return [host];
    return within(own, host) ? [own] : [];
  });
  return common.length > 0 ? common : undefined;
}

/** Routes that hang on one listener of a Gateway. */
export function routesOf(routes: readonly AnyRoute[], gateway: Stored<Gateway>, listener: Listener): AnyRoute[] {
  return routes.filter(
    (route) =>
      allows(listener, gateway, route) &&
      commonHosts(listener, route) !== undefined &&
      (route.spec.parentRefs ?? []).some((ref) => refersTo(ref, route.metadata.namespace ?? '', gateway, listener)),
  );
}
