import type {
  IIoK8sSigsGatewayApiApisV1GRPCRouteRule as GrpcRule,
  IIoK8sSigsGatewayApiApisV1HTTPRouteRule as HttpRule,
  IGRPCRoute,
  IHTTPRoute,
} from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import { edgeName, type HeaderMatch, type MeshIntent, type ServiceIntent } from './intent.ts';
import type { Finding } from './mesh.ts';
import { type KubeObject, metadataOf } from './objects.ts';
import { compareReleases, releaseName } from './release.ts';

/** What a mesh adds to the routes of one service: fields of a rule, and annotations of the route. */
export interface RouteExtras {
  /** Fields of every HTTPRoute rule; GRPCRoute has none of them. */
  readonly rule: Readonly<Pick<HttpRule, 'timeouts' | 'retry'>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface TcpRoute extends KubeObject {
  readonly kind: 'TCPRoute';
  readonly spec: {
    readonly parentRefs: readonly ParentRef[];
    readonly rules: readonly { readonly backendRefs: BackendRef[] }[];
  };
}

interface BackendRef {
  group: '';
  kind: 'Service';
  name: string;
  port: number;
  weight: number;
}

interface ParentRef {
  group: string;
  kind: string;
  name: string;
  port?: number;
}

type Parent = { readonly name: string; readonly ref: ParentRef };

/**
 * The route in the mesh: its parent is the apex Service, so that it binds every caller (GAMMA producer route,
 * https://gateway-api.sigs.k8s.io/mesh/). The group of a Service is the empty string; Istio refuses `core`.
 */
export function meshRoute(
  intent: MeshIntent,
  service: ServiceIntent,
  extras: RouteExtras,
  tcpRoute: 'v1' | 'v1alpha2',
): KubeObject {
  const parent: Parent = {
    name: service.name,
    ref: { group: '', kind: 'Service', name: service.name, port: service.port },
  };
  switch (service.protocol) {
    case 'http':
      return httpRoute(intent, service, parent, [undefined], extras);
    case 'grpc':
      return grpcRoute(intent, service, parent, [undefined], extras);
    case 'tcp':
      return {
        apiVersion: `gateway.networking.k8s.io/${tcpRoute}`,
        kind: 'TCPRoute',
        metadata: metadataOf(intent, service.name, service.name, extras.annotations),
        spec: { parentRefs: [parent.ref], rules: [{ backendRefs: weighted(service) }] },
      } satisfies TcpRoute as TcpRoute;
  }
}

/**
 * The route by which outside clients come in: its parent is the Gateway, and it carries the weights of the mesh route,
 * because a gateway sends to the backends of its own route. Undefined for a service that is not reachable from outside.
 */
export function edgeRoute(intent: MeshIntent, service: ServiceIntent, extras: RouteExtras): KubeObject | undefined {
  if (!service.edge) return undefined;
  const parent: Parent = {
    name: `${edgeName}-${service.name}`,
    ref: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: intent.gateway.name },
  };
  return service.protocol === 'grpc'
    ? grpcRoute(intent, service, parent, service.edge.grpcServices ?? [], extras)
    : httpRoute(intent, service, parent, service.edge.paths ?? [], extras);
}

/** A header match needs requests to look at; TCP has none. */
export function unmatched(intent: MeshIntent, service: ServiceIntent): Finding[] {
  if (service.protocol !== 'tcp' || !service.match?.length) return [];
  return [
    {
      object: `TCPRoute ${intent.namespace}/${service.name}`,
      field: `services[${service.name}].match`,
      reason: 'TCP has no headers: connections follow the weights',
    },
  ];
}

function httpRoute(
  intent: MeshIntent,
  service: ServiceIntent,
  parent: Parent,
  paths: readonly (string | undefined)[],
  extras: RouteExtras,
): IHTTPRoute & KubeObject {
  const rule = (backendRefs: BackendRef[], match?: HeaderMatch): HttpRule => {
    const matches = paths.map((path) => ({
      ...(path === undefined ? {} : { path: { type: 'PathPrefix' as const, value: path } }),
      ...(match ? { headers: [exactHeader(match)] } : {}),
    }));
    return { ...(isAnything(matches) ? {} : { matches }), backendRefs, ...extras.rule };
  };
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: metadataOf(intent, parent.name, service.name, extras.annotations),
    spec: { parentRefs: [parent.ref], rules: rules(service, rule) },
  };
}

function grpcRoute(
  intent: MeshIntent,
  service: ServiceIntent,
  parent: Parent,
  grpcServices: readonly (string | undefined)[],
  extras: RouteExtras,
): IGRPCRoute & KubeObject {
  const rule = (backendRefs: BackendRef[], match?: HeaderMatch): GrpcRule => {
    const matches = grpcServices.map((name) => ({
      ...(name === undefined ? {} : { method: { type: 'Exact' as const, service: name } }),
      ...(match ? { headers: [exactHeader(match)] } : {}),
    }));
    return { ...(isAnything(matches) ? {} : { matches }), backendRefs };
  };
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    metadata: metadataOf(intent, parent.name, service.name, extras.annotations),
    spec: { parentRefs: [parent.ref], rules: rules(service, rule) },
  };
}

/** Header matches before the weights: the first rule of several that match wins only when it is the more specific one. */
function rules<Rule>(service: ServiceIntent, rule: (backendRefs: BackendRef[], match?: HeaderMatch) => Rule): Rule[] {
  const matched = (service.match ?? []).map((match) => rule([backend(service, match.release, 1)], match));
  return [...matched, rule(weighted(service))];
}

/** One backend per release, in the order of versions; a release of weight 0 stays listed, so that it can be given some. */
function weighted(service: ServiceIntent): BackendRef[] {
  return Object.entries(service.split)
    .sort(([a], [b]) => compareReleases(a, b))
    .map(([version, weight]) => backend(service, version, weight));
}

function backend(service: ServiceIntent, version: string, weight: number): BackendRef {
  return { group: '', kind: 'Service', name: releaseName(service.name, version), port: service.port, weight };
}

function exactHeader({ header, value }: HeaderMatch): { type: 'Exact'; name: string; value: string } {
  return { type: 'Exact', name: header, value };
}

function isAnything(matches: readonly object[]): boolean {
  return matches.every((match) => Object.keys(match).length === 0);
}
