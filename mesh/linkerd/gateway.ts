import type { IGateway, IGatewayClass } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import { gatewayListeners } from '../gateway.ts';
import { edgeName, type GatewayIntent, type MeshIntent } from '../intent.ts';
import { type KubeObject, metadataOf, ownLabels } from '../objects.ts';
import { adminServer, server } from './authorization.ts';
import type { AuthorizationPolicy, NetworkAuthentication } from './policy.ts';

/**
 * On routes at the edge: their rendering is all that carries them out, so in a cluster nobody writes a status to them; a change of
 * the configuration of the edge rolls its Pods.
 */
export const carriedOutByRendering = { 'parley.dev/carried-out-by': 'rendering' } as const;

/** The class of the way in, and who stands behind it: this kit, which writes the configuration of the edge itself. */
export const gatewayClass: IGatewayClass & KubeObject = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'parley', labels: { ...ownLabels } },
  spec: {
    controllerName: 'parley.dev/gateway',
    description: 'the Envoy of the exchange, configured by its rendering',
  },
};

/**
 * The way in. Linkerd has no gateway of its own: the class `parley` stands for the Envoy that charts/edge.ts deploys, with the
 * configuration of edge-envoy.ts. Its listeners are open to clients that are not in the mesh.
 */
export function gateway(intent: MeshIntent): KubeObject[] {
  const { name, listeners } = intent.gateway;
  const object: IGateway & KubeObject = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: metadataOf(intent, name, name),
    spec: { gatewayClassName: gatewayClass.metadata.name, listeners: gatewayListeners(intent.gateway) },
  };
  return [
    gatewayClass,
    object,
    outside(intent),
    ...listeners.flatMap((listener) => open(intent, listener)),
    adminServer(intent, name),
  ];
}

function outside(intent: MeshIntent): NetworkAuthentication {
  return {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'NetworkAuthentication',
    metadata: metadataOf(intent, `${edgeName}-from-outside`, intent.gateway.name),
    spec: { networks: [{ cidr: '0.0.0.0/0' }, { cidr: '::/0' }] },
  };
}

function open(intent: MeshIntent, listener: GatewayIntent['listeners'][number]): KubeObject[] {
  const gatewayName = intent.gateway.name;
  const name = `${gatewayName}-${listener.name}`;
  const policy: AuthorizationPolicy = {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: metadataOf(intent, `${name}-from-outside`, gatewayName),
    spec: {
      targetRef: { group: 'policy.linkerd.io', kind: 'Server', name },
      requiredAuthenticationRefs: [
        { group: 'policy.linkerd.io', kind: 'NetworkAuthentication', name: `${edgeName}-from-outside` },
      ],
    },
  };
  const proxyProtocol = listener.protocol === 'HTTPS' ? 'TLS' : 'unknown';
  return [server(intent, { name, service: gatewayName, port: listener.port, proxyProtocol }), policy];
}
