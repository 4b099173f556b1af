import type { Construct } from 'constructs';
import { k8s } from '../../charts/cdk8s-plus.ts';
import { imageOf } from '../../charts/context.ts';
import { type Environment, environmentOf } from '../../charts/environments.ts';
import type { HardeningException } from '../../charts/hardening.ts';
import { httpProbes, Workload } from '../../charts/workload.ts';
import { edgeGateway } from '../../mesh/exchange.ts';
import type { Mesh } from '../../mesh/mesh.ts';
import { serviceSelector } from '../../mesh/objects.ts';
import { adminPort } from '../../mesh/ports.ts';
import { type DeployOptions, sizes } from './deploy-options.ts';
import { labels, name, namespace } from './names.ts';
import { controllerImage, controllerProgram } from './program.ts';

/** The user of the images of our own programs. */
const user = 10_001;

/** In what the controller falls short of the hardening of all other Pods. */
export const hardeningExceptions: readonly HardeningException[] = [
  {
    object: `Deployment ${namespace}/${name}`,
    rule: 'service-account-token',
    reason: 'it is a client of the API server, with the rights of rights.ts only',
  },
];

/** The controller of rollouts: what leads is one Pod, by a Lease; others wait. */
export function controller(scope: Construct, mesh: Mesh, options: DeployOptions): void {
  const environment = environmentOf(options.env);
  const { replicas, resources } = sizes[options.env];
  const metadata = { name, labels: { ...serviceSelector(name), ...labels } };
  new k8s.KubeServiceAccount(scope, 'service-account', { metadata, automountServiceAccountToken: false });
  new k8s.KubePodDisruptionBudget(scope, 'pod-disruption-budget', {
    metadata,
    spec: {
      selector: { matchLabels: serviceSelector(name) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      maxUnavailable: k8s.IntOrString.fromNumber(1),
    },
  });
  new k8s.KubeService(scope, 'service', {
    metadata,
    spec: { selector: serviceSelector(name), ports: [metricsPort(mesh)] },
  });
  new Workload(scope, {
    name,
    kind: 'Deployment',
    service: name,
    version: controllerProgram.version,
    partOf: labels['app.kubernetes.io/part-of'],
    serviceAccountToken: true,
    selector: serviceSelector(name),
    replicas,
    user,
    environment: ending(environment),
    container: {
      name,
      image: imageOf({ images: options.images ?? {} }, controllerImage),
      args: ['--edge', edgeUrl(options)],
      ports: [{ name: 'admin', port: adminPort }],
      env: variables(options),
      probes: httpProbes(adminPort),
      resources,
    },
  });
}

/** Nobody calls it: it has nothing to drain but what it is at work on. */
function ending({ spread }: Environment): Pick<Environment, 'drainSeconds' | 'graceSeconds' | 'spread'> {
  return { drainSeconds: 1, graceSeconds: 15, spread };
}

function metricsPort(mesh: Mesh): k8s.ServicePort {
  return {
    name: 'http',
    port: adminPort,
    targetPort: k8s.IntOrString.fromNumber(adminPort),
    protocol: 'TCP',
    appProtocol: mesh.appProtocol('http'),
  };
}

/** Calls of the kit's own come in where everybody's do, without TLS: within the cluster the listener for HTTP is enough. */
function edgeUrl({ exchangeNamespace }: DeployOptions): string {
  const { name: edge, listeners } = edgeGateway;
  const port = listeners.find(({ protocol }) => protocol === 'HTTP')?.port;
  return `http://${edge}.${exchangeNamespace}.svc.cluster.local:${port}`;
}

function variables({ mesh, exchangeNamespace }: DeployOptions): k8s.EnvVar[] {
  return [
    { name: 'ADMIN_PORT', value: String(adminPort) },
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    { name: 'ROLLOUTS_NAMESPACE', value: exchangeNamespace },
    { name: 'ROLLOUTS_MESH', value: mesh },
  ];
}
