import type { IIoK8sSigsGatewayApiApisV1Listener as Listener } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import type { GatewayIntent } from './intent.ts';

/** Listeners of a Gateway; routes attach from its own namespace only. */
export function gatewayListeners(gateway: GatewayIntent): Listener[] {
  return gateway.listeners.map(({ name, port, protocol, certificate }) => ({
    name,
    port,
    protocol,
    ...(certificate === undefined
      ? {}
      : { tls: { mode: 'Terminate' as const, certificateRefs: [{ group: '', kind: 'Secret', name: certificate }] } }),
    allowedRoutes: { namespaces: { from: 'Same' as const } },
  }));
}
