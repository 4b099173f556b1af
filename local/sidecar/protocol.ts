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

/** What `proxyProtocol` of a Linkerd Server stands for; nothing for `unknown`. HTTP/2 is what gRPC needs of a sidecar. */
export const proxyProtocols: Readonly<Record<string, Protocol | undefined>> = {
  'HTTP/1': 'http',
  'HTTP/2': 'grpc',
  gRPC: 'grpc',
  opaque: 'tcp',
  TLS: 'tcp',
};

/** The protocol that a port says: `appProtocol`, else the part of the name before the first dash; undefined: it says none. */
export function saidProtocol(port: Pick<ServicePort, 'appProtocol' | 'name'>): Protocol | undefined {
  // An unknown appProtocol never gets here: admission refuses it.
  if (port.appProtocol) return byAppProtocol[port.appProtocol.toLowerCase()] ?? 'tcp';
  return byNamePrefix[port.name?.split('-', 1)[0] ?? ''];
}
