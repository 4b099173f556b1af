/**
 * How services may talk, said once and for no mesh in particular. `compile` (compile.ts) turns it into Gateway API
 * routes and the policy of the chosen mesh; what that mesh cannot express comes back as findings, never dropped.
 */

export const meshNames = ['istio', 'linkerd'] as const;
export type MeshName = (typeof meshNames)[number];

/** Wire protocol of a Service port. `grpc` and `http` are split per request, `tcp` per connection. */
export type Protocol = 'http' | 'grpc' | 'tcp';

/** gRPC statuses that a mesh may try again (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const grpcRetryConditions = [
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
] as const;

/** The name by which `allow` speaks of the gateway; no service may have it. */
export const edgeName = 'edge';

export interface Retry {
  /** Attempts after the first. */
  readonly attempts: number;
  /** HTTP: status codes that are tried again, 400..599. gRPC: names out of `grpcRetryConditions`. */
  readonly on: readonly (number | string)[];
  readonly perTryTimeoutMs?: number;
  readonly backoffMs?: number;
}

export interface OutlierDetection {
  readonly consecutiveErrors: number;
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  readonly maxEjectionPercent: number;
}

/** Sends requests that carry the header to one release, whatever the weights say. */
export interface HeaderMatch {
  readonly header: string;
  readonly value: string;
  readonly release: string;
}

/** One service as others see it. Names are DNS labels; releases are versions such as `1.4.0`. */
export interface ServiceIntent {
  readonly name: string;
  readonly serviceAccount: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** Release -> weight >= 0. Empty: the service has no releases (postgres) and no route. */
  readonly split: Readonly<Record<string, number>>;
  readonly match?: readonly HeaderMatch[];
  readonly timeoutMs?: number;
  /** Absent: no retries. */
  readonly retry?: Retry;
  readonly outlierDetection?: OutlierDetection;
  /** Names of the services that may call; `edge` is the gateway. Everyone else is refused. */
  readonly allow: readonly string[];
  /** Paths by which outside clients come in through the edge (PathPrefix), or gRPC service names. Absent: not reachable from outside. */
  readonly edge?: { readonly paths?: readonly string[]; readonly grpcServices?: readonly string[] };
}

export interface GatewayIntent {
  /** Name of the Gateway, of its Deployment, Service and ServiceAccount. */
  readonly name: string;
  readonly listeners: readonly {
    readonly name: string;
    readonly port: number;
    readonly protocol: 'HTTP' | 'HTTPS';
    /** Secret of type kubernetes.io/tls; for HTTPS. */
    readonly certificate?: string;
  }[];
}

export interface MeshIntent {
  readonly namespace: string;
  /** SPIFFE trust domain (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md). */
  readonly trustDomain: string;
  readonly gateway: GatewayIntent;
  readonly services: readonly ServiceIntent[];
  /** Share of requests of which the sidecars make spans, 0..100; absent: no sidecar tracing. */
  readonly tracing?: { readonly samplingPercent: number };
  /** Who may read metrics of every Pod; absent: nobody. */
  readonly readers?: readonly MetricsReader[];
}

/** A reader of metrics, by its identity in the mesh and, for packet filters, by its namespace and `app.kubernetes.io/name`. */
export interface MetricsReader {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** `pods`: those of the application and of its sidecar; `sidecars`: those of the sidecar alone. */
  readonly reads: 'pods' | 'sidecars';
  /** Regular expressions of the names of Envoy's counters that it needs; a mesh whose proxies keep them anyway pays no heed. */
  readonly envoyCounters?: readonly string[];
}

/** The services that have releases, and so a route. */
export function routed(intent: MeshIntent): ServiceIntent[] {
  return intent.services.filter((service) => Object.keys(service.split).length > 0);
}

/** Every pair of a provider and a caller that the intent allows, in the order of the intent. */
export function edgesOf(intent: MeshIntent): { readonly provider: ServiceIntent; readonly caller: string }[] {
  return intent.services.flatMap((provider) => provider.allow.map((caller) => ({ provider, caller })));
}

/** ServiceAccount under which a caller runs; `edge` is the gateway's. Throws on a name that the intent does not know. */
export function serviceAccountOf(intent: MeshIntent, caller: string): string {
  if (caller === edgeName) return intent.gateway.name;
  const service = intent.services.find(({ name }) => name === caller);
  if (!service) throw new RangeError(`the intent has no service \`${caller}\``);
  return service.serviceAccount;
}
