import type { Namespace, Pod, Secret, Service } from 'kubernetes-types/core/v1.js';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.js';
import { spiffeId } from '../pki/spiffe.ts';
import type { GroupKind, Stored } from '../store/types.ts';
import { isMeshed, type MeshPod, meshPod } from './mesh-pod.ts';
import type {
  AnyRoute,
  DestinationRule,
  Gateway,
  IstioAuthorizationPolicy,
  LinkerdAuthorizationPolicy,
  LinkerdServer,
  MeshTlsAuthentication,
  ParentRef,
  Telemetry,
} from './objects.ts';
import type { AllowList } from './policy/allow-list.ts';
import { istioPolicy } from './policy/istio.ts';
import { inboundPolicyAnnotation, type LinkerdObjects, linkerdPolicy, serverOf } from './policy/linkerd.ts';
import { type Protocol, proxyProtocols } from './protocol.ts';
import { type ProtocolConflict, protocolConflicts } from './protocol-conflicts.ts';
import { type MeshService, meshServices, serviceKey } from './services.ts';

/** The kinds that the sidecars follow. */
export const followedKinds = {
  pods: 'Pod',
  namespaces: 'Namespace',
  services: 'Service',
  slices: 'EndpointSlice.discovery.k8s.io',
  secrets: 'Secret',
  gateways: 'Gateway.gateway.networking.k8s.io',
  httpRoutes: 'HTTPRoute.gateway.networking.k8s.io',
  grpcRoutes: 'GRPCRoute.gateway.networking.k8s.io',
  tcpRoutes: 'TCPRoute.gateway.networking.k8s.io',
  istioPolicies: 'AuthorizationPolicy.security.istio.io',
  destinationRules: 'DestinationRule.networking.istio.io',
  telemetries: 'Telemetry.telemetry.istio.io',
  servers: 'Server.policy.linkerd.io',
  linkerdPolicies: 'AuthorizationPolicy.policy.linkerd.io',
  meshTls: 'MeshTLSAuthentication.policy.linkerd.io',
} as const satisfies Record<string, GroupKind>;

/** Objects of a kind as they are now. */
export type ReadObjects = <T>(type: GroupKind) => readonly Stored<T>[];

/** Everything that decides what sidecars do, read once for all of them. */
export interface World {
  readonly trustDomain: string;
  /** Pods of the mesh that have an address, by uid. */
  readonly pods: ReadonlyMap<string, MeshPod>;
  /** SPIFFE IDs in use, sorted. */
  readonly identities: readonly string[];
  /** By `namespace/name`, in that order. */
  readonly services: ReadonlyMap<string, MeshService>;
  /** HTTPRoutes and GRPCRoutes. */
  readonly requestRoutes: readonly AnyRoute[];
  readonly tcpRoutes: readonly AnyRoute[];
  readonly gateways: readonly Stored<Gateway>[];
  readonly destinationRules: readonly Stored<DestinationRule>[];
  readonly telemetries: readonly Stored<Telemetry>[];
  /** Certificate and key of a Secret of type kubernetes.io/tls. */
  tlsSecret(namespace: string, name: string): { readonly certificatePem: string; readonly keyPem: string } | undefined;
  /** What a Linkerd Server says about a port, by number or name. */
  serverProtocol(pod: MeshPod, port: number | string): Protocol | undefined;
  readonly protocolConflicts: readonly ProtocolConflict[];
  allowList(pod: MeshPod, port: { readonly port: number; readonly name?: string }): AllowList;
}

function readTls(secret: Stored<Secret> | undefined) {
  const decoded = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
  const pair = { certificatePem: decoded('tls.crt'), keyPem: decoded('tls.key') };
  return pair.certificatePem && pair.keyPem ? pair : undefined;
}

export function readWorld(read: ReadObjects, trustDomain: string): World {
  const namespaces = new Map(read<Namespace>(followedKinds.namespaces).map((one) => [one.metadata.name, one]));
  const pods = new Map<string, MeshPod>();
  for (const pod of read<Pod>(followedKinds.pods)) {
    const ip = pod.status?.podIP;
    if (ip && isMeshed(pod, namespaces.get(pod.metadata.namespace ?? ''))) pods.set(pod.metadata.uid, meshPod(pod, ip));
  }
  const servers = read<LinkerdServer>(followedKinds.servers);
  const serverOfPort = (pod: MeshPod, port: number | string) => {
    const declared = pod.ports.find((one) => one.port === port || one.name === port);
    return serverOf({ servers }, pod, declared ?? { port: Number(port) });
  };
  const serverProtocol = (pod: MeshPod, port: number | string) =>
    proxyProtocols[serverOfPort(pod, port)?.spec.proxyProtocol ?? 'unknown'];
  const services = meshServices(
    read<Service>(followedKinds.services),
    read<EndpointSlice>(followedKinds.slices),
    pods,
    trustDomain,
    serverProtocol,
  );
  const istio = read<IstioAuthorizationPolicy>(followedKinds.istioPolicies);
  const linkerd: LinkerdObjects = {
    servers,
    authorizations: read<LinkerdAuthorizationPolicy>(followedKinds.linkerdPolicies),
    authentications: read<MeshTlsAuthentication>(followedKinds.meshTls),
    inboundPolicies: new Map(
      [...namespaces.values()].flatMap(({ metadata }) => {
        const policy = metadata.annotations?.[inboundPolicyAnnotation];
        return policy ? [[metadata.name, policy] as const] : [];
      }),
    ),
  };
  const secrets = new Map(
    read<Secret>(followedKinds.secrets).map((one) => [
      serviceKey(one.metadata.namespace ?? '', one.metadata.name),
      one,
    ]),
  );
  return {
    trustDomain,
    pods,
    identities: [...new Set([...pods.values()].map((pod) => spiffeId(trustDomain, pod)))].sort(),
    services,
    requestRoutes: [
      ...read<AnyRoute>(followedKinds.httpRoutes),
      ...read<AnyRoute>(followedKinds.grpcRoutes),
    ] as AnyRoute[],
    tcpRoutes: [...read<AnyRoute>(followedKinds.tcpRoutes)] as AnyRoute[],
    gateways: read<Gateway>(followedKinds.gateways),
    destinationRules: read<DestinationRule>(followedKinds.destinationRules),
    telemetries: read<Telemetry>(followedKinds.telemetries),
    tlsSecret: (namespace, name) => readTls(secrets.get(serviceKey(namespace, name))),
    serverProtocol,
    protocolConflicts: protocolConflicts(pods.values(), [...services.values()], serverOfPort),
    allowList(pod, port) {
      const { layers, denials } = istioPolicy(istio, pod, port.port, trustDomain);
      return { layers: [...layers, ...linkerdPolicy(linkerd, pod, port, trustDomain)], denials };
    },
  };
}

/** Whether `ref` of a route in `routeNamespace` names this Service, and this port when it names one. */
export function isParent(ref: ParentRef, routeNamespace: string, service: MeshService, port?: number): boolean {
  if (ref.kind !== 'Service' || (ref.group ?? '') !== '' || ref.name !== service.name) return false;
  if ((ref.namespace ?? routeNamespace) !== service.namespace) return false;
  return ref.port === undefined || port === undefined || ref.port === port;
}

/**
 * Routes of a Service port as Pods of `client` see them: those in the client's own namespace when there are any, else those
 * of the Service's owner (https://gateway-api.sigs.k8s.io/mesh/mesh-overview/).
 */
export function meshRoutesOf(
  routes: readonly AnyRoute[],
  service: MeshService,
  port: number,
  client: string,
): AnyRoute[] {
  const attached = routes.filter(({ metadata, spec }) =>
    (spec.parentRefs ?? []).some((ref) => isParent(ref, metadata.namespace ?? '', service, port)),
  );
  const own = attached.filter(({ metadata }) => metadata.namespace === client);
  return own.length > 0 ? own : attached.filter(({ metadata }) => metadata.namespace === service.namespace);
}
