import type { Construct } from 'constructs';
import { k8s } from '../charts/cdk8s-plus.ts';
import { imageOf } from '../charts/context.ts';
import { type ContainerProps, type VolumeProps, Workload, type WorkloadProps } from '../charts/workload.ts';
import { serviceSelector } from '../mesh/objects.ts';
import { versions } from '../mesh/versions.ts';
import { digestOf } from './config-file.ts';
import type { ObservabilityContext } from './context.ts';
import { edgesBetween } from './edges.ts';
import { labels, type ObservabilityPart } from './names.ts';
import { packets } from './packets.ts';

/** Files of one ConfigMap; the name of the part is put before its name. */
export interface Files {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
  /** Where they are in the container; absent: a volume of the part mounts them. */
  readonly path?: string;
}

/** What differs from one part to the next. */
export interface PartProps {
  readonly part: ObservabilityPart;
  readonly kind: WorkloadProps['kind'];
  /** Numeric user of the image. */
  readonly user: number;
  readonly files: readonly Files[];
  readonly volumes?: readonly VolumeProps[];
  readonly claim?: WorkloadProps['claim'];
  readonly fsGroup?: number;
  readonly serviceAccountToken?: true;
  /** Ports beyond those that others may reach are for probes. */
  readonly container: Pick<ContainerProps, 'args' | 'ports' | 'probes'> & { readonly env?: ContainerProps['env'] };
}

/**
 * A part: one Pod, because each holds what it knows in memory or on one volume, with a ServiceAccount, a Service, its rules for packets and its
 * configuration. A change of the configuration rolls the Pod by a digest in its annotations.
 */
export function part(scope: Construct, context: ObservabilityContext, props: PartProps): void {
  const { part: name, files } = props;
  const metadata = { name, labels: { ...serviceSelector(name), ...labels } };
  const { image, version } = versions.observability[name];
  new k8s.KubeServiceAccount(scope, `service-account-${name}`, { metadata, automountServiceAccountToken: false });
  new k8s.KubePodDisruptionBudget(scope, `pod-disruption-budget-${name}`, {
    metadata,
    spec: {
      selector: { matchLabels: serviceSelector(name) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      maxUnavailable: k8s.IntOrString.fromNumber(1),
    },
  });
  packets(scope, context, name);
  new k8s.KubeService(scope, `service-${name}`, {
    metadata,
    spec: { selector: serviceSelector(name), ports: servicePorts(context, props) },
  });
  for (const { name: file, data } of files) configMap(scope, metadata, `${name}-${file}`, data);
  new Workload(scope, {
    name,
    service: name,
    version,
    partOf: labels['app.kubernetes.io/part-of'],
    selector: serviceSelector(name),
    replicas: 1,
    environment: context.environment,
    kind: props.kind,
    user: props.user,
    ...(props.fsGroup === undefined ? {} : { fsGroup: props.fsGroup }),
    ...(props.claim ? { claim: props.claim } : {}),
    ...(props.serviceAccountToken ? { serviceAccountToken: true } : {}),
    podAnnotations: { 'parley.dev/config-digest': digestOf(Object.assign({}, ...files.map(({ data }) => data))) },
    volumes: [...files.flatMap((each) => mounted(name, each)), ...(props.volumes ?? [])],
    container: {
      name,
      env: [],
      ...props.container,
      image: imageOf(context, image),
      resources: context.sizes.resources[name],
    },
  });
}

function configMap(
  scope: Construct,
  metadata: { readonly labels: Readonly<Record<string, string>> },
  name: string,
  data: Readonly<Record<string, string>>,
): void {
  new k8s.KubeConfigMap(scope, `config-map-${name}`, {
    metadata: { name, labels: { ...metadata.labels } },
    data: { ...data },
  });
}

function mounted(part: ObservabilityPart, { name, path }: Files): VolumeProps[] {
  return path === undefined ? [] : [{ name, path, source: { configMap: { name: `${part}-${name}` } } }];
}

/** Ports of the container that somebody may reach by the Service, under the same names. */
function servicePorts({ mesh, parts }: ObservabilityContext, { part: name, container }: PartProps): k8s.ServicePort[] {
  const edges = edgesBetween(parts).filter(({ to }) => to === name);
  return edges.map(({ port, protocol }) => {
    const own = container.ports.find((each) => each.port === port);
    if (!own) throw new RangeError(`observability: the container \`${name}\` does not declare its port ${port}`);
    return {
      name: own.name,
      port,
      targetPort: k8s.IntOrString.fromNumber(port),
      protocol: 'TCP',
      appProtocol: mesh.appProtocol(protocol),
    };
  });
}
