import { groupKind } from '../../objects/owners.ts';
import type { FieldError } from '../../store/status.ts';
import type { KubeObject } from '../../store/types.ts';
import { appProtocols } from '../protocol.ts';
import { gatewaySpec, grpcRouteSpec, httpRouteSpec, tcpRouteSpec } from './gateway-api.ts';
import {
  authorizationPolicySpec,
  destinationRuleSpec,
  peerAuthenticationSpec,
  refusedIstioKinds,
  telemetrySpec,
} from './istio.ts';
import {
  annotationProblems,
  linkerdAuthorizationSpec,
  meshTlsSpec,
  networkAuthenticationSpec,
  serverSpec,
} from './linkerd.ts';
import { problems, type Shape } from './shape.ts';

/** What the sidecars enforce of each kind. */
export const specShapes: Readonly<Record<string, Shape>> = {
  'HTTPRoute.gateway.networking.k8s.io': httpRouteSpec,
  'GRPCRoute.gateway.networking.k8s.io': grpcRouteSpec,
  'TCPRoute.gateway.networking.k8s.io': tcpRouteSpec,
  'Gateway.gateway.networking.k8s.io': gatewaySpec,
  'PeerAuthentication.security.istio.io': peerAuthenticationSpec,
  'AuthorizationPolicy.security.istio.io': authorizationPolicySpec,
  'DestinationRule.networking.istio.io': destinationRuleSpec,
  'Telemetry.telemetry.istio.io': telemetrySpec,
  'Server.policy.linkerd.io': serverSpec,
  'AuthorizationPolicy.policy.linkerd.io': linkerdAuthorizationSpec,
  'MeshTLSAuthentication.policy.linkerd.io': meshTlsSpec,
  'NetworkAuthentication.policy.linkerd.io': networkAuthenticationSpec,
};

/** Kinds that as a whole cannot be enforced, and what to use instead. */
export const refusedMeshKinds: Readonly<Record<string, string>> = {
  ...refusedIstioKinds,
  'UDPRoute.gateway.networking.k8s.io': 'sidecars carry TCP',
  'TLSRoute.gateway.networking.k8s.io': 'use HTTPRoute behind an HTTPS listener, or TCPRoute in the mesh',
  'ReferenceGrant.gateway.networking.k8s.io': 'routes, backends and Secrets must share a namespace here',
  'BackendTLSPolicy.gateway.networking.k8s.io': 'sidecars use their own identity',
  'ServiceProfile.linkerd.io': 'use HTTPRoute with retry and timeout annotations',
  'ServerAuthorization.policy.linkerd.io': 'use AuthorizationPolicy (policy.linkerd.io/v1alpha1)',
  'HTTPLocalRateLimitPolicy.policy.linkerd.io': 'bound the rate in the service',
  'EgressNetwork.policy.linkerd.io': 'services outside the cluster are called directly',
};

interface Spec {
  readonly ports?: readonly { readonly protocol?: string; readonly appProtocol?: string; readonly port?: number }[];
  readonly listeners?: readonly { readonly port: number; readonly name: string }[];
  readonly matches?: unknown;
}

function serviceProblems({ ports = [] }: Spec): FieldError[] {
  return ports.flatMap(({ protocol = 'TCP', appProtocol }, index): FieldError[] => {
    const field = `spec.ports[${index}]`;
    const known = appProtocol === undefined || appProtocols.includes(appProtocol.toLowerCase());
    const detail = `known are ${appProtocols.join(', ')}; leave it out for TCP`;
    return [
      ...(protocol === 'TCP'
        ? []
        : [
            {
              field: `${field}.protocol`,
              type: 'NotSupported' as const,
              value: protocol,
              detail: 'sidecars carry TCP',
            },
          ]),
      ...(known ? [] : [{ field: `${field}.appProtocol`, type: 'NotSupported' as const, value: appProtocol, detail }]),
    ];
  });
}

function listenerProblems({ listeners = [] }: Spec): FieldError[] {
  return listeners.flatMap(({ port }, index): FieldError[] => {
    if (listeners.findIndex((other) => other.port === port) === index) return [];
    const detail = 'one listener per port can be enforced: tell hosts apart in the routes';
    return [{ field: `spec.listeners[${index}].port`, type: 'Duplicate', value: port, detail }];
  });
}

/**
 * Fields of an object that the embedded cluster cannot enforce; empty when it enforces all of it. For admission: a cluster
 * that ignored a policy silently would show safety that is not there. Kinds that are no business of the mesh have none.
 */
export function validate(object: KubeObject): FieldError[] {
  const type = groupKind(object);
  const refusal = refusedMeshKinds[type];
  if (refusal)
    return [{ field: 'kind', type: 'Forbidden', detail: `the embedded cluster cannot enforce ${type}: ${refusal}` }];
  const spec = (object.spec ?? {}) as Spec;
  const shape = specShapes[type];
  return [
    ...(shape ? problems(shape, spec, 'spec') : []),
    ...(type === 'Service' ? serviceProblems(spec) : []),
    ...(type === 'Gateway.gateway.networking.k8s.io' ? listenerProblems(spec) : []),
    ...annotationProblems(object.metadata.annotations ?? {}),
  ];
}
