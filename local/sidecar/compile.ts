import { appCluster, inboundCluster, outboundCluster, type Share, tcpCluster } from './clusters.ts';
import { commonHosts, edgeHost, edgeListener, edgeSecret, routesOf } from './edge.ts';
import { appPorts, inboundHost, inboundListener, type ListenerContext } from './inbound.ts';
import type { AppPort, MeshPod } from './mesh-pod.ts';
import type { BackendRef, Gateway, Listener } from './objects.ts';
import { type OutboundPorts, outboundHost, outboundListener } from './outbound.ts';
import { outliersOf } from './outliers.ts';
import { rbacPerRoute, sanMatchers } from './policy/rbac.ts';
import { type Message, type Resource, routeTable, serviceHeader, typed } from './resource.ts';
import { defaultRule, mirrorsOf, orderedMatches, type RoutedMatch } from './route-rules.ts';
import { guardedHost, type RouteContext, traced, virtualHost } from './routes.ts';
import { samplingPercent } from './sampling.ts';
import { clusterName, type MeshService, type MeshServicePort, serviceKey } from './services.ts';
import { allowListSecret, certificateSecret, validationSecret } from './tls.ts';
import { tracingClusterOf } from './tracing.ts';
import { meshRoutesOf, type World } from './world.ts';

/** What is the same for all sidecars of a cluster. */
export interface CompileOptions {
  /** PEM of the identity authority, for the allow-lists of TCP ports. */
  readonly identityBundlePem: string;
  readonly outboundPorts: OutboundPorts;
  /** Where the sidecars send spans; undefined: they make none. */
  readonly tracing?: { readonly endpoint: string; readonly samplingPercent: number };
  readonly accessLog?: boolean;
  /** Where a Gateway's listener is in this Pod; undefined: the listener is not open. */
  readonly edgeAddress: (listener: Listener, pod: MeshPod) => string | undefined;
}

/** The files of one sidecar as data. Equal input gives equal output, in the same order. */
export interface Compiled {
  readonly listeners: readonly Resource[];
  readonly clusters: readonly Resource[];
  readonly routes: Resource;
  /** Allow-lists and server certificates; the Pod's own identity is not among them. */
  readonly secrets: readonly Resource[];
  /** Pods that this sidecar sends to. */
  readonly endpointUids: ReadonlySet<string>;
}

interface Part {
  readonly listeners: Resource[];
  readonly clusters: Resource[];
  readonly hosts: Message[];
  readonly secrets: Resource[];
}

function inbound(
  ports: readonly AppPort[],
  world: World,
  context: ListenerContext,
  options: CompileOptions,
  routes: RouteContext,
): Part {
  const { pod } = context;
  const listener = inboundListener(ports, context);
  return {
    listeners: listener ? [listener] : [],
    clusters: ports.map(({ port, protocol }) => inboundCluster(port, protocol, pod.ip, pod.sockets)),
    hosts: ports
      .filter(({ protocol }) => protocol !== 'tcp')
      .map((port) => ({
        name: inboundHost(port.port),
        domains: [inboundHost(port.port)],
        request_headers_to_remove: [serviceHeader],
        routes: traced(
          { match: { prefix: '/' }, route: { cluster: appCluster(port.port), timeout: '0s' } },
          routes.samplingPercent,
        ),
        typed_per_filter_config: rbacPerRoute(world.allowList(pod, port)),
      })),
    secrets: ports
      .filter(({ protocol }) => protocol === 'tcp')
      .map((port) =>
        validationSecret(
          allowListSecret(port.port),
          options.identityBundlePem,
          sanMatchers(world.allowList(pod, port), world.trustDomain, world.identities),
        ),
      ),
  };
}

/** Where connections to a TCP Service port go: to the backends of its TCPRoute by weight, else to its own Pods. */
function tcpShares(world: World, service: MeshService, port: MeshServicePort, client: string): Share[] {
  const [route] = meshRoutesOf(world.tcpRoutes, service, port.port, client);
  if (!route)
    return [{ name: service.name, to: clusterName(service, port.port), weight: 1, endpoints: port.endpoints }];
  return (route.spec.rules?.[0]?.backendRefs ?? []).map((backend) => ({
    name: backend.name,
    to: clusterName({ name: backend.name, namespace: route.metadata.namespace ?? '' }, backend.port ?? port.port),
    weight: backend.weight ?? 1,
    endpoints: portOf(world, route.metadata.namespace ?? '', backend)?.port.endpoints ?? [],
  }));
}

function portOf(world: World, namespace: string, backend: BackendRef) {
  const service = world.services.get(serviceKey(namespace, backend.name));
  const port = service?.ports.find((candidate) => candidate.port === backend.port);
  return service && port ? { service, port } : undefined;
}

function serviceRules(
  world: World,
  service: MeshService,
  port: MeshServicePort,
  client: string,
): readonly RoutedMatch[] {
  const routes = meshRoutesOf(world.requestRoutes, service, port.port, client);
  if (routes.length > 0) return orderedMatches(routes, service.annotations);
  return [defaultRule({ name: service.name, port: port.port }, service.namespace, service.annotations)];
}

/** Clusters of the backends that some rules send to. */
function backendClusters(world: World, rules: readonly RoutedMatch[]): Map<string, Resource> {
  const found = new Map<string, Resource>();
  for (const rule of rules) {
    for (const backend of [...rule.backends, ...mirrorsOf(rule).map(({ backendRef }) => backendRef)]) {
      const target = portOf(world, rule.namespace, backend);
      if (!target || target.port.protocol === 'tcp') continue;
      const name = clusterName(target.service, target.port.port);
      if (found.has(name)) continue;
      found.set(
        name,
        outboundCluster(name, target.port.protocol, target.port.endpoints, outliersOf(world, target.service)),
      );
    }
  }
  return found;
}

function outbound(world: World, context: ListenerContext, options: CompileOptions, routes: RouteContext): Part {
  const part: Part = { listeners: [], clusters: [], hosts: [], secrets: [] };
  const rules: RoutedMatch[] = [];
  for (const service of world.services.values()) {
    for (const port of service.ports) {
      part.listeners.push(outboundListener(service, port, context, options.outboundPorts));
      if (port.protocol === 'tcp') {
        const shares = tcpShares(world, service, port, context.pod.namespace);
        part.clusters.push(tcpCluster(clusterName(service, port.port), shares, outliersOf(world, service)));
        continue;
      }
      const own = serviceRules(world, service, port, context.pod.namespace);
      rules.push(...own);
      part.hosts.push(virtualHost(outboundHost(service, port), own, routes));
    }
  }
  part.clusters.push(...backendClusters(world, rules).values());
  return part;
}

/** The Gateways that a Pod serves. */
export function gatewaysOf(world: World, pod: MeshPod) {
  return world.gateways.filter(({ metadata }) => metadata.name === pod.gateway && metadata.namespace === pod.namespace);
}

function edge(world: World, context: ListenerContext, options: CompileOptions, routes: RouteContext): Part {
  const part: Part = { listeners: [], clusters: [], hosts: [], secrets: [] };
  for (const gateway of gatewaysOf(world, context.pod)) {
    for (const listener of gateway.spec.listeners) {
      const address = options.edgeAddress(listener, context.pod);
      const certificate = listenerCertificate(world, gateway.metadata.namespace ?? '', listener);
      const rules = orderedMatches(
        routesOf(world.requestRoutes, gateway, listener),
        {},
        (route) => commonHosts(listener, route) ?? [],
      );
      const allowed = world.allowList(context.pod, { port: listener.port, name: listener.name });
      // The routes stay when the listener goes: its open connections are answered to the end.
      if (address && (listener.protocol === 'HTTP' || certificate)) {
        part.listeners.push(edgeListener(listener, address, context));
      }
      part.hosts.push(guardedHost(virtualHost(edgeHost(listener), rules, routes), rbacPerRoute(allowed)));
      part.clusters.push(...backendClusters(world, rules).values());
      if (certificate) part.secrets.push(certificateSecret(edgeSecret(listener), certificate));
    }
  }
  return part;
}

/** Certificate of an HTTPS listener; undefined when its Secret is not there or holds none. */
export function listenerCertificate(world: World, namespace: string, listener: Gateway['spec']['listeners'][number]) {
  const name = listener.tls?.certificateRefs?.[0]?.name;
  return name ? world.tlsSecret(namespace, name) : undefined;
}

function endpointsIn(world: World, clusters: readonly Resource[]): Set<string> {
  const addresses = new Set(JSON.stringify(clusters).match(/"address":"[^"]+"/g));
  return new Set([...world.pods.values()].filter(({ ip }) => addresses.has(`"address":"${ip}"`)).map(({ uid }) => uid));
}

/** The configuration of one Pod's sidecar. */
export function compile(pod: MeshPod, world: World, options: CompileOptions): Compiled {
  const { tracing } = options;
  const context: ListenerContext = {
    pod,
    accessLog: options.accessLog ?? false,
    tracing: tracing && {
      endpoint: tracing.endpoint,
      serviceName: pod.labels['app.kubernetes.io/name'] ?? pod.serviceAccount,
      tags: { 'k8s.pod.name': pod.name, 'service.version': pod.labels['app.kubernetes.io/version'] ?? '' },
    },
  };
  const routes: RouteContext = {
    hasBackend: (namespace, backend) => portOf(world, namespace, backend) !== undefined,
    samplingPercent: tracing && samplingPercent(world, pod, tracing.samplingPercent),
  };
  const parts = [
    inbound(appPorts(pod, world.services.values(), world.serverProtocol), world, context, options, routes),
    outbound(world, context, options, routes),
    edge(world, context, options, routes),
  ];
  const clusters = new Map(parts.flatMap((part) => part.clusters).map((cluster) => [cluster.name, cluster]));
  if (tracing) clusters.set('otlp', tracingClusterOf(tracing.endpoint));
  const outside = parts.slice(1).flatMap((part) => part.clusters);
  return {
    listeners: parts.flatMap((part) => part.listeners),
    clusters: [...clusters.values()],
    routes: typed('envoy.config.route.v3.RouteConfiguration', {
      name: routeTable,
      vhost_header: serviceHeader,
      virtual_hosts: parts.flatMap((part) => part.hosts),
    }),
    secrets: parts.flatMap((part) => part.secrets),
    endpointUids: endpointsIn(world, outside),
  };
}
