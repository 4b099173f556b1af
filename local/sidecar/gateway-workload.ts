import { controllerReference } from '../objects/owners.ts';
import type { KubeObject, Stored } from '../store/types.ts';
import { gatewayLabel } from './mesh-pod.ts';
import type { Gateway } from './objects.ts';

/** A program that waits: the Pod's own sidecar is the gateway. */
export const gatewayImage = 'parley/gateway:embedded';

/**
 * What Istio makes for a Gateway of its class that names no `addresses`: a ServiceAccount, a Service and a Deployment
 * `<gateway>-istio` (https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/#automated-deployment).
 */
export function gatewayWorkload(gateway: Stored<Gateway>): KubeObject[] {
  const { name: gatewayName, namespace } = gateway.metadata;
  const { labels: extra = {}, annotations = {} } = gateway.spec.infrastructure ?? {};
  const name = `${gatewayName}-istio`;
  const labels = { ...extra, [gatewayLabel]: gatewayName };
  const metadata = { name, namespace, labels, annotations, ownerReferences: [controllerReference(gateway)] };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        selector: { [gatewayLabel]: gatewayName },
        ports: gateway.spec.listeners.map((listener) => ({
          name: listener.name,
          port: listener.port,
          appProtocol: 'tcp',
        })),
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        // Two Pods cannot hold the same ports of the host.
        strategy: { type: 'Recreate' },
        selector: { matchLabels: { [gatewayLabel]: gatewayName } },
        template: {
          metadata: { labels, annotations: { ...annotations, 'parley.dev/sockets': 'true' } },
          spec: { serviceAccountName: name, containers: [{ name: 'gateway', image: gatewayImage }] },
        },
      },
    },
  ];
}
