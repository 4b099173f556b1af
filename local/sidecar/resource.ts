/** An Envoy message as JSON (https://www.envoyproxy.io/docs/envoy/latest/api-v3/api). */
export type Message = { readonly [field: string]: unknown };

/** A message that carries its own type: a top-level resource or an extension's configuration. */
export type Typed = Message & { readonly '@type': string };

/** A resource with a name, as LDS, CDS, RDS and SDS hold them. */
export type Resource = Typed & { readonly name: string };

/** `type` without `type.googleapis.com/`. */
export function typed<M extends Message>(type: string, message: M): M & { readonly '@type': string } {
  return { '@type': `type.googleapis.com/${type}`, ...message };
}

/** An extension in its envelope: a filter, a transport socket, a load balancing policy. */
export function extension(name: string, type: string, message: Message = {}): Message {
  return { name, typed_config: typed(type, message) };
}

export function socketAddress(ip: string, port: number): Message {
  return { socket_address: { address: ip, port_value: port } };
}

/** A Unix socket; `path` may be relative to Envoy's working directory. */
export function pipeAddress(path: string, mode?: number): Message {
  return { pipe: mode === undefined ? { path } : { path, mode } };
}

/** A file that Envoy follows; one inotify instance each. */
export function fileSource(path: string): Message {
  return { resource_api_version: 'V3', path_config_source: { path } };
}

/** Places in the Pod's directory, which is Envoy's working directory: a socket path holds at most 107 bytes. */
export const files = {
  bootstrap: 'sidecar/bootstrap.json',
  listeners: 'sidecar/lds.json',
  clusters: 'sidecar/cds.json',
  routes: 'sidecar/rds.json',
  certificate: 'sidecar/sds-cert.json',
  trust: 'sidecar/trust.pem',
  admin: 'sidecar/admin.sock',
  log: 'sidecar/envoy.log',
  failedCalls: 'sidecar/failed-calls.log',
  record: 'sidecar/process.json',
  secret: (name: string) => `sidecar/sds-${name}.json`,
} as const;

/** The header by which the one route table tells Services apart; set by each listener, removed before the app. */
export const serviceHeader = 'x-parley-service';
/** Name of the one route table. */
export const routeTable = 'all';
