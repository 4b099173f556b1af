import { readFileSync } from 'node:fs';
import type { Construct } from 'constructs';
import { postgres } from '../mesh/exchange.ts';
import { ownLabels, serviceSelector } from '../mesh/objects.ts';
import type { CatalogueService } from './catalogue.ts';
import { k8s } from './cdk8s-plus.ts';
import { type ChartContext, imageOf, intentOf } from './context.ts';
import { databaseList, ownershipQueries, passwordVariable } from './database-owner.ts';
import { servicePort } from './ports.ts';
import { databasePasswordKey, secretContracts } from './secrets.ts';
import { standing } from './standing.ts';
import { socketsAnnotation, tcpProbes, Workload } from './workload.ts';

const version = '18';
/** `postgres` of the official image. */
const user = 999;
const dataPath = '/var/lib/postgresql/data';

/**
 * The database server: one Pod with a volume that outlives it, and for each service a database with an owner of its own. Both images, the
 * official one and that of the embedded cluster, ensure at each start what PARLEY_DATABASES lists.
 */
export function database(scope: Construct, context: ChartContext, services: readonly CatalogueService[]): void {
  const owners = services.flatMap((service) =>
    service.database === undefined ? [] : { role: service.name, database: service.database },
  );
  if (owners.length === 0) return;
  const { name } = postgres;
  const metadata = { name, labels: { ...serviceSelector(name), ...ownLabels } };
  standing(scope, context, name, { maxUnavailable: 1 });
  new k8s.KubeService(scope, `service-${name}`, {
    metadata,
    spec: { selector: serviceSelector(name), ports: [servicePort(context, intentOf(context, name))] },
  });
  new k8s.KubeConfigMap(scope, `config-map-${name}`, {
    metadata: { ...metadata, name: startName },
    data: { [startScript]: startCommands(), [queriesFile]: `${ownershipQueries.join(' \\gexec\n')} \\gexec\n` },
  });
  const data = { name: 'data', path: dataPath, size: context.environment.postgres.storage };
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
    ...(context.storage === 'claim' ? { claim: data } : {}),
    volumes: [
      ...(context.storage === 'ephemeral' ? [{ name: data.name, path: data.path, sizeLimit: data.size }] : []),
      { name: 'run', path: '/var/run/postgresql' },
      { name: 'start', path: startPath, source: { configMap: { name: startName } } },
    ],
    container: {
      name,
      image: imageOf(context, `postgres:${version}`),
      args: ['bash', `${startPath}/${startScript}`],
      ports: [{ name: 'tcp', port: postgres.port }],
      env: [
        { name: 'POSTGRES_USER', ...fromSecret('username') },
        { name: 'POSTGRES_PASSWORD', ...fromSecret('password') },
        { name: 'PGDATA', value: `${dataPath}/pgdata` },
        { name: 'PARLEY_DATABASES', value: databaseList(owners) },
        ...owners.map(({ role }) => ({ name: passwordVariable(role), ...fromSecret(databasePasswordKey(role)) })),
      ],
      probes: tcpProbes(postgres.port),
      resources: context.environment.postgres,
    },
  });
}

/** Variables by which a service reaches its database; the first exists because Kubernetes composes values from variables only. */
export function databaseUrl({ intent }: ChartContext, service: string, database: string): k8s.EnvVar[] {
  const host = `${postgres.name}.${intent.namespace}.svc.cluster.local:${postgres.port}`;
  return [
    { name: 'DATABASE_PASSWORD', ...fromSecret(databasePasswordKey(service)) },
    { name: 'DATABASE_URL', value: `postgres://${service}:$(DATABASE_PASSWORD)@${host}/${database}` },
  ];
}

const startName = `${postgres.name}-start`;
const startPath = '/etc/parley/postgres';
const startScript = 'start.sh';
const queriesFile = 'ownership.sql';

/**
 * What the container of the official image runs by way of its entry point, which executes what is not `postgres`. The server runs twice: first
 * on loopback only and on a port that neither probes nor services ask, until each role owns its database, then for everyone. Of the image only what its documentation promises is used
 * (https://hub.docker.com/_/postgres).
 */
const startCommands = () => readFileSync(new URL('./postgres-start.sh', import.meta.url), 'utf8');

function fromSecret(key: string): Pick<k8s.EnvVar, 'valueFrom'> {
  return { valueFrom: { secretKeyRef: { name: secretContracts.postgres.name, key } } };
}
