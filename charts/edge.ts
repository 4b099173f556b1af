import { createHash } from 'node:crypto';
import type { Construct } from 'constructs';
import { edgeName } from '../mesh/intent.ts';
import { edgeEnvoy, edgeFiles } from '../mesh/linkerd/edge-envoy.ts';
import { ownLabels, serviceSelector } from '../mesh/objects.ts';
import { adminPort } from '../mesh/ports.ts';
import { versions } from '../mesh/versions.ts';
import { k8s } from './cdk8s-plus.ts';
import { type ChartContext, imageOf } from './context.ts';
import { secretContracts } from './secrets.ts';
import { standing } from './standing.ts';
import { httpProbes, socketsAnnotation, Workload, type WorkloadProps } from './workload.ts';

/** Tells who serves a Gateway (https://gateway-api.sigs.k8s.io/geps/gep-1762/); the embedded cluster goes by it too. */
const gatewayLabel = 'gateway.networking.k8s.io/gateway-name';

/** The way in: a Deployment of Envoy that is a member of the mesh, and the Service by which it is reached. */
export function edge(scope: Construct, context: ChartContext): void {
  const { gateway } = context.intent;
  const labels = { ...serviceSelector(edgeName), ...ownLabels };
  standing(scope, context, edgeName);
  new k8s.KubeService(scope, `service-${edgeName}`, {
    metadata: { name: gateway.name, labels },
    spec: { selector: serviceSelector(edgeName), ...exposure(context) },
  });
  const own = context.mesh.name === 'istio' ? istioProxy() : plainEnvoy(scope, context);
  new Workload(scope, {
    ...own,
    name: gateway.name,
    kind: 'Deployment',
    service: edgeName,
    selector: serviceSelector(edgeName),
    replicas: context.environment.replicas,
    environment: context.environment,
    podLabels: { ...own.podLabels, [gatewayLabel]: gateway.name },
    podAnnotations: { ...own.podAnnotations, ...socketsAnnotation, ...context.compiled.sidecar.annotations },
    container: {
      ...own.container,
      ports: [...gateway.listeners.map(({ name, port }) => ({ name, port })), ...own.container.ports],
      resources: context.environment.edge,
    },
  });
}

type Flavour = Pick<WorkloadProps, 'version' | 'user' | 'fsGroup' | 'volumes' | 'podLabels' | 'podAnnotations'> & {
  readonly container: Omit<WorkloadProps['container'], 'resources'>;
};

/**
 * Istio fills in image, arguments and volumes of a container called `istio-proxy` whose image is `auto`
 * (https://istio.io/latest/docs/setup/additional-setup/gateway/).
 */
function istioProxy(): Flavour {
  return {
    version: versions.meshes.istio.version,
    user: 1337,
    podLabels: { 'sidecar.istio.io/inject': 'true' },
    podAnnotations: { 'inject.istio.io/templates': 'gateway' },
    container: {
      name: 'istio-proxy',
      image: 'auto',
      ports: [],
      env: [],
      probes: httpProbes(15_021, { live: '/healthz/ready', ready: '/healthz/ready' }),
    },
  };
}

/** Envoy with a configuration of our own; a change of it rolls the Pods by the digest in their annotations. */
function plainEnvoy(scope: Construct, context: ChartContext): Flavour {
  const name = `${edgeName}-envoy`;
  const file = 'envoy.json';
  const config = `${JSON.stringify(edgeEnvoy(context.intent), undefined, 2)}\n`;
  new k8s.KubeConfigMap(scope, `config-map-${name}`, {
    metadata: { name, labels: { ...serviceSelector(edgeName), ...ownLabels } },
    data: { [file]: config },
  });
  const user = 65_532;
  return {
    version: versions.envoy.version,
    user,
    fsGroup: user,
    podAnnotations: { 'parley.dev/config-digest': createHash('sha256').update(config).digest('hex').slice(0, 16) },
    volumes: [
      { name: 'config', path: edgeFiles.config, source: { configMap: { name } } },
      {
        name: 'tls',
        path: edgeFiles.tls,
        source: { secret: { secretName: secretContracts.edgeTls.name, defaultMode: 0o440 } },
      },
    ],
    container: {
      name: 'envoy',
      image: imageOf(context, versions.envoy.image),
      args: [
        '-c',
        `${edgeFiles.config}/${file}`,
        '--log-level',
        'warning',
        '--concurrency',
        '1',
        '--disable-hot-restart',
      ],
      ports: [{ name: 'admin', port: adminPort }],
      env: [],
      probes: httpProbes(adminPort),
    },
  };
}

function exposure({ intent, environment }: ChartContext): Pick<k8s.ServiceSpec, 'type' | 'ports'> {
  const { edgeService } = environment;
  return {
    type: edgeService.type,
    ports: intent.gateway.listeners.map(({ name, port, protocol }) => ({
      name,
      port,
      targetPort: k8s.IntOrString.fromNumber(port),
      protocol: 'TCP',
      appProtocol: protocol.toLowerCase(),
      ...(edgeService.type === 'NodePort' ? { nodePort: edgeService.nodePorts[name] } : {}),
    })),
  };
}
