import { edgeName, type MeshIntent, type MetricsReader, type Protocol, type ServiceIntent } from './intent.ts';

/** What the intent needs to know of a service of the catalogue. */
export interface ExchangeService {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** Services that it calls. */
  readonly providers: readonly string[];
  /** Name of its database on `postgres`, if it has one. */
  readonly database?: string;
}

/** The database server: a service without releases, reached by TCP. */
export const postgres = { name: 'postgres', port: 5432 } as const;

/** Namespace and trust domain of the exchange (docs/architecture.md, Names). */
export const exchange = { namespace: 'exchange', trustDomain: 'cluster.local' } as const;

/** Who scrapes the exchange where the kit's own observability runs. */
export const monitoring: MetricsReader = { namespace: 'observability', serviceAccount: 'prometheus', reads: 'pods' };

/** The controller of rollouts, which judges releases by what the sidecars of their callers count. */
export const rollouts: MetricsReader = { namespace: 'parley', serviceAccount: 'rollouts', reads: 'sidecars' };

/** The way in: listeners of the Gateway and the Secret of its certificate. */
export const edgeGateway: MeshIntent['gateway'] = {
  name: edgeName,
  listeners: [
    { name: 'http', port: 8080, protocol: 'HTTP' },
    { name: 'https', port: 8443, protocol: 'HTTPS', certificate: 'edge-tls' },
  ],
};

/** What outside clients may reach, and by which path or gRPC service. A service that is not named here has no edge route. */
const edges: Readonly<Record<string, NonNullable<ServiceIntent['edge']>>> = {
  accounts: { paths: ['/v1', '/v2'] },
  identity: { paths: ['/oauth', '/.well-known'] },
  orders: { grpcServices: ['exchange.orders.v1.OrderService', 'exchange.orders.v2.OrderService'] },
  portfolio: { paths: ['/graphql'] },
};

/** A REST or GraphQL answer that takes longer is of no use to a person who waits. Streams of gRPC have no such bound. */
const requestTimeoutMs = 15_000;

/** Five errors in a row take a Pod out for five seconds, never more than half of the Pods of a release. */
const outlierDetection = { consecutiveErrors: 5, intervalMs: 1_000, baseEjectionMs: 5_000, maxEjectionPercent: 50 };

/**
 * How the exchange may talk: callers come from `providers` of the catalogue, weights from the plan, and nobody else may
 * call anybody. Retries are off, so that a failure is seen where it happens.
 *
 * @param split weight of each release, by service; a service that the plan does not hold is left out
 */
export function exchangeIntent(
  services: readonly ExchangeService[],
  split: Readonly<Record<string, Readonly<Record<string, number>>>>,
  observed: Pick<MeshIntent, 'tracing' | 'readers'> = {},
): MeshIntent {
  const planned = services.filter(({ name }) => name in split);
  const databases = planned.filter(({ database }) => database !== undefined).map(({ name }) => name);
  return {
    ...exchange,
    gateway: edgeGateway,
    services: [
      ...planned.map((service) => serviceIntent(service, split[service.name] ?? {}, callersOf(service, planned))),
      ...(databases.length > 0 ? [databaseIntent(databases)] : []),
    ],
    ...observed,
  };
}

function serviceIntent(
  { name, protocol, port }: ExchangeService,
  split: Readonly<Record<string, number>>,
  callers: readonly string[],
): ServiceIntent {
  const edge = edges[name];
  return {
    name,
    serviceAccount: name,
    port,
    protocol,
    split,
    ...(protocol === 'http' ? { timeoutMs: requestTimeoutMs } : {}),
    ...(protocol === 'tcp' ? {} : { outlierDetection }),
    allow: edge ? [edgeName, ...callers] : callers,
    ...(edge ? { edge } : {}),
  };
}

function databaseIntent(callers: readonly string[]): ServiceIntent {
  return { ...postgres, serviceAccount: postgres.name, protocol: 'tcp', split: {}, allow: callers };
}

function callersOf({ name }: ExchangeService, services: readonly ExchangeService[]): string[] {
  return services.filter(({ providers }) => providers.includes(name)).map((caller) => caller.name);
}
