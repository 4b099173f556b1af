import type { Construct } from 'constructs';
import { postgres } from '../mesh/exchange.ts';
import { ownLabels, serviceSelector } from '../mesh/objects.ts';
import type { CatalogueService } from './catalogue.ts';
import { k8s } from './cdk8s-plus.ts';
import { type ChartContext, intentOf } from './context.ts';
import { servicePort } from './ports.ts';
import { secretContracts } from './secrets.ts';
import { standing } from './standing.ts';
import { socketsAnnotation, tcpProbes, Workload } from './workload.ts';

const version = '18';
/** `postgres` of the official image. */
const user = 999;
const dataPath = '/var/lib/postgresql/data';

/**
 * The database server: one Pod with a volume that outlives it, and a database for each service. Both images, the official one and
 * that of the embedded cluster, make the databases that PARLEY_DATABASES lists when the volume is still empty.
 */
export function database(scope: Construct, context: ChartContext, services: readonly CatalogueService[]): void {
  const databases = services.flatMap((service) => service.database ?? []).sort();
  if (databases.length === 0) return;
  const { name } = postgres;
  const metadata = { name, labels: { ...serviceSelector(name), ...ownLabels } };
  standing(scope, context, name, { maxUnavailable: 1 });
  new k8s.KubeService(scope, `service-${name}`, {
    metadata,
    spec: { selector: serviceSelector(name), ports: [servicePort(context, intentOf(context, name))] },
  });
  new k8s.KubeConfigMap(scope, `config-map-${name}`, {
    metadata: { ...metadata, name: initName },
    data: { '10-databases.sh': initScript },
  });
  new Workload(scope, {
    name,
    kind: 'StatefulSet',
    service: name,
    version,
    selector: serviceSelector(name),
    replicas: 1,
    user,
    fsGroup: user,
    environment: context.environment,
    podAnnotations: socketsAnnotation,
    claim: { name: 'data', path: dataPath, size: context.environment.postgres.storage },
    volumes: [
      { name: 'run', path: '/var/run/postgresql' },
      { name: 'init', path: '/docker-entrypoint-initdb.d', source: { configMap: { name: initName } } },
    ],
    container: {
      name,
      image: `postgres:${version}`,
      ports: [{ name: 'tcp', port: postgres.port }],
      env: [
        { name: 'POSTGRES_USER', ...fromSecret('username') },
        { name: 'POSTGRES_PASSWORD', ...fromSecret('password') },
        { name: 'PGDATA', value: `${dataPath}/pgdata` },
        { name: 'PARLEY_DATABASES', value: databases.join(',') },
      ],
      probes: tcpProbes(postgres.port),
      resources: context.environment.postgres,
    },
  });
}

/** Variables by which a service reaches its database; the first two exist because Kubernetes composes values from variables only. */
export function databaseUrl({ intent }: ChartContext, name: string): k8s.EnvVar[] {
  const host = `${postgres.name}.${intent.namespace}.svc.cluster.local:${postgres.port}`;
  return [
    { name: 'DATABASE_USER', ...fromSecret('username') },
    { name: 'DATABASE_PASSWORD', ...fromSecret('password') },
    { name: 'DATABASE_URL', value: `postgres://$(DATABASE_USER):$(DATABASE_PASSWORD)@${host}/${name}` },
  ];
}

const initName = `${postgres.name}-init`;

/** Sourced by the entry point of the official image, with its `set -e`, when the volume is empty (https://hub.docker.com/_/postgres). */
const initScript = `for database in $(echo "$PARLEY_DATABASES" | tr ',' ' '); do
  psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 --set database="$database" <<'SQL'
CREATE DATABASE :"database";
SQL
done
`;

function fromSecret(key: keyof typeof secretContracts.postgres.keys): Pick<k8s.EnvVar, 'valueFrom'> {
  return { valueFrom: { secretKeyRef: { name: secretContracts.postgres.name, key } } };
}
