import type { Construct } from 'constructs';
import { ownLabels, releaseSelector, serviceSelector } from '../mesh/objects.ts';
import { adminPort } from '../mesh/ports.ts';
import { compareReleases, contractsAnnotation, releaseName } from '../mesh/release.ts';
import type { CatalogueService } from './catalogue.ts';
import { k8s } from './cdk8s-plus.ts';
import { type ChartContext, imageOf, intentOf, urlOf } from './context.ts';
import { servicePort } from './ports.ts';
import { databaseUrl } from './postgres.ts';
import { secretVariables } from './secrets.ts';
import { standing } from './standing.ts';
import { httpProbes, socketsAnnotation, Workload } from './workload.ts';

/** The user of the images of services/bundle.ts. */
const user = 10_001;

/**
 * A service of the catalogue: the apex Service that callers name, and for each release that runs a Deployment and the Service
 * that routes send to.
 */
export function service(scope: Construct, context: ChartContext, entry: CatalogueService): void {
  const intent = intentOf(context, entry.name);
  standing(scope, context, entry.name);
  const annotations = context.compiled.services[entry.name];
  new k8s.KubeService(scope, `service-${entry.name}`, {
    metadata: {
      name: entry.name,
      labels: { ...serviceSelector(entry.name), ...ownLabels },
      ...(annotations ? { annotations: { ...annotations } } : {}),
    },
    spec: { selector: serviceSelector(entry.name), ports: [servicePort(context, intent)] },
  });
  for (const version of Object.keys(intent.split).sort(compareReleases)) release(scope, context, entry, version);
}

function release(scope: Construct, context: ChartContext, entry: CatalogueService, version: string): void {
  const intent = intentOf(context, entry.name);
  const name = releaseName(entry.name, version);
  const selector = releaseSelector(entry.name, version);
  new k8s.KubeService(scope, `service-${name}`, {
    metadata: { name, labels: { ...selector, ...ownLabels } },
    spec: { selector, ports: [servicePort(context, intent)] },
  });
  new Workload(scope, {
    name,
    kind: 'Deployment',
    service: entry.name,
    version,
    selector,
    replicas: context.environment.replicas,
    user,
    environment: context.environment,
    annotations: contractsOf(entry, version),
    podLabels: context.compiled.pod.labels,
    podAnnotations: {
      ...socketsAnnotation,
      ...context.compiled.pod.annotations,
      ...context.compiled.sidecar.annotations,
    },
    container: {
      name: entry.name,
      image: imageOf(context, `parley/${entry.name}:${version}`),
      ports: [
        { name: intent.protocol, port: intent.port },
        { name: 'admin', port: adminPort },
      ],
      env: variables(context, entry, version),
      probes: httpProbes(adminPort),
      resources: context.environment.service,
    },
  });
}

/** What a rollout goes by when it asks whether the candidate serves all that the stable release does. */
function contractsOf({ name, releases }: CatalogueService, version: string): Readonly<Record<string, string>> {
  const release = releases[version];
  if (!release) throw new RangeError(`services/${name}/service.json has no release \`${version}\``);
  return { [contractsAnnotation]: release.contracts.join(',') };
}

/** The environment of docs/architecture.md, What a container gets. */
function variables(context: ChartContext, entry: CatalogueService, version: string): k8s.EnvVar[] {
  const { collector } = context;
  return [
    { name: 'PORT', value: String(entry.port) },
    { name: 'ADMIN_PORT', value: String(adminPort) },
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    { name: 'OTEL_SERVICE_NAME', value: entry.name },
    { name: 'SERVICE_VERSION', value: version },
    ...(collector ? [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: collector.href.replace(/\/$/, '') }] : []),
    ...entry.providers.map((provider) => ({
      name: `${provider.toUpperCase().replaceAll('-', '_')}_URL`,
      value: urlOf(context, intentOf(context, provider)),
    })),
    ...(entry.database ? databaseUrl(context, entry.name, entry.database) : []),
    ...secretEnvironment(entry),
  ];
}

function secretEnvironment({ secret }: CatalogueService): k8s.EnvVar[] {
  if (secret === undefined) return [];
  const keys = secretVariables[secret];
  if (!keys) throw new RangeError(`charts/secrets.ts names no variables for the Secret \`${secret}\``);
  return Object.entries(keys).map(([name, key]) => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } }));
}
