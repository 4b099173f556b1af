import type { ServicePort } from 'kubernetes-types/core/v1.js';

/** `http` and `grpc` are routed per request (and balanced so), `tcp` per connection. */
export type Protocol = 'http' | 'grpc' | 'tcp';

const byAppProtocol: Readonly<Record<string, Protocol>> = {
  http: 'http',
  'kubernetes.io/ws': 'http',
  http2: 'grpc',
  grpc: 'grpc',
  'kubernetes.io/h2c': 'grpc',
  tcp: 'tcp',
  tls: 'tcp',
  https: 'tcp',
  'linkerd.io/tcp': 'tcp',
  'linkerd.io/opaque': 'tcp',
};
const byNamePrefix: Readonly<Record<string, Protocol>> = { http: 'http', http2: 'grpc', grpc: 'grpc', tcp: 'tcp' };

/** Values of `appProtocol` that the sidecars know. */
export const appProtocols: readonly string[] = Object.keys(byAppProtocol);

/**
 * The protocol of a Service port: `appProtocol`, else the part of the name before the first dash, else TCP, which carries
 * anything. An unknown `appProtocol` never gets here: admission refuses it.
 */
export function protocolOf(port: Pick<ServicePort, 'appProtocol' | 'name'>): Protocol {
  if (port.appProtocol) return byAppProtocol[port.appProtocol.toLowerCase()] ?? 'tcp';
  return byNamePrefix[port.name?.split('-', 1)[0] ?? ''] ?? 'tcp';
}
