import type { IGateway } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import type { IAuthorizationPolicy } from '@kubernetes-models/istio/security.istio.io/v1';
import { gatewayListeners } from '../gateway.ts';
import { edgeName, type MeshIntent } from '../intent.ts';
import { type KubeObject, metadataOf, serviceSelector } from '../objects.ts';

/**
 * The way in. `addresses` names the Service of a Deployment of our own, so that Istio does not make one: its Pods then
 * have the identity, the limits and the probes of every other workload here
 * (https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/#manual-deployment).
 */
export function gateway(intent: MeshIntent): KubeObject[] {
  const { name } = intent.gateway;
  const object: IGateway & KubeObject = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: metadataOf(intent, name, name),
    spec: {
      gatewayClassName: 'istio',
      addresses: [{ type: 'Hostname', value: `${name}.${intent.namespace}.svc.cluster.local` }],
      listeners: gatewayListeners(intent.gateway),
    },
  };
  return [object, fromOutside(intent)];
}

/** Clients outside have no identity in the mesh; without this the deny-all of the namespace would hold for the gateway too. */
function fromOutside(intent: MeshIntent): IAuthorizationPolicy & KubeObject {
  const { name, listeners } = intent.gateway;
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: metadataOf(intent, `${edgeName}-from-outside`, name),
    spec: {
      selector: { matchLabels: serviceSelector(name) },
      action: 'ALLOW',
      rules: [{ to: [{ operation: { ports: listeners.map(({ port }) => String(port)) } }] }],
    },
  };
}
