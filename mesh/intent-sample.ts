import type { MeshIntent, ServiceIntent } from './intent.ts';

/** A small intent for tests: `web` (HTTP, reachable from outside) calls `store` (gRPC), which calls `db` (TCP). */
export function sampleIntent(
  change: {
    readonly web?: Partial<ServiceIntent>;
    readonly store?: Partial<ServiceIntent>;
    readonly db?: Partial<ServiceIntent>;
  } & Partial<Pick<MeshIntent, 'namespace' | 'trustDomain' | 'gateway' | 'tracing' | 'readers'>> = {},
): MeshIntent {
  const { web, store, db, ...rest } = change;
  return {
    namespace: 'shop',
    trustDomain: 'cluster.local',
    gateway: {
      name: 'edge',
      listeners: [
        { name: 'http', port: 8080, protocol: 'HTTP' },
        { name: 'https', port: 8443, protocol: 'HTTPS', certificate: 'edge-tls' },
      ],
    },
    services: [
      {
        name: 'web',
        serviceAccount: 'web',
        port: 8080,
        protocol: 'http',
        split: { '1.0.0': 90, '2.0.0': 10 },
        allow: ['edge'],
        edge: { paths: ['/shop'] },
        ...web,
      },
      {
        name: 'store',
        serviceAccount: 'store',
        port: 8080,
        protocol: 'grpc',
        split: { '1.0.0': 100 },
        allow: ['edge', 'web'],
        edge: { grpcServices: ['shop.store.v1.Store'] },
        ...store,
      },
      { name: 'db', serviceAccount: 'db', port: 5432, protocol: 'tcp', split: {}, allow: ['store'], ...db },
    ],
    ...rest,
  };
}
