import { ApiObject, JsonPatch } from 'cdk8s';
import { Construct } from 'constructs';
import type { Lifecycle } from 'kubernetes-types/core/v1.js';
import { labelsOf, releaseSelector } from '../mesh/objects.ts';
import { k8s } from './cdk8s-plus.ts';
import type { Environment, Resources } from './environments.ts';

export interface WorkloadProps {
  /** Name of the Deployment or StatefulSet. */
  readonly name: string;
  readonly kind: 'Deployment' | 'StatefulSet';
  /** `app.kubernetes.io/name`; also the ServiceAccount, which service.ts makes. */
  readonly service: string;
  readonly version: string;
  /** `app.kubernetes.io/part-of`; absent: the exchange. */
  readonly partOf?: string;
  /** Mounts the token of the ServiceAccount: for a program that asks the API server. */
  readonly serviceAccountToken?: true;
  /** Labels of its Pods that never change: a selector cannot be changed later, so it holds a version only if the name does. */
  readonly selector: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly container: ContainerProps;
  /** Numeric, so that the kubelet can tell that it is not root. */
  readonly user: number;
  /** Group that owns the volumes; absent: nothing that is mounted needs it. */
  readonly fsGroup?: number;
  readonly volumes?: readonly VolumeProps[];
  /** A volume that outlives the Pods; StatefulSet only. */
  readonly claim?: { readonly name: string; readonly path: string; readonly size: string };
  /** Of the Deployment or StatefulSet, not of its Pods. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly podAnnotations?: Readonly<Record<string, string>>;
  readonly environment: Pick<Environment, 'drainSeconds' | 'graceSeconds' | 'spread'>;
}

export interface ContainerProps {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly env: readonly k8s.EnvVar[];
  readonly probes: Probes;
  readonly resources: Resources;
}

export interface Probes {
  readonly startup: k8s.Probe;
  readonly readiness: k8s.Probe;
  readonly liveness: k8s.Probe;
}

/** A volume and where it is mounted; without a `source` it is an emptyDir. */
export interface VolumeProps {
  readonly name: string;
  readonly path: string;
  readonly source?: Pick<k8s.Volume, 'secret' | 'configMap' | 'projected'>;
  /** Bound of the emptyDir; absent: what temporary files need. */
  readonly sizeLimit?: string;
}

/** For programs that listen and call by the sockets of PARLEY_SOCKETS where it is set (docs/architecture.md); of no meaning elsewhere. */
export const socketsAnnotation = { 'parley.dev/sockets': 'true' } as const;

/** Room for what programs write outside their own volumes. */
const scratchSize = '64Mi';
/** Time for a rollout to make progress before it counts as failed; an image is pulled within it. */
const progressDeadlineSeconds = 120;

/**
 * The one way in which the exchange runs a program: pod security level `restricted` in full
 * (https://kubernetes.io/docs/concepts/security/pod-security-standards/), no token, a read-only root, requests and limits,
 * three probes, an end that loses no request, and a rollout that never has fewer Pods than asked for.
 */
export class Workload extends Construct {
  constructor(scope: Construct, props: WorkloadProps) {
    super(scope, `${props.kind}-${props.name}`);
    const { selector } = props;
    const labels = { ...releaseSelector(props.service, props.version), ...labelsOf(props.partOf) };
    const metadata = {
      name: props.name,
      labels,
      ...(props.annotations ? { annotations: { ...props.annotations } } : {}),
    };
    const template = {
      metadata: {
        labels: { ...labels, ...props.podLabels },
        ...(props.podAnnotations ? { annotations: { ...props.podAnnotations } } : {}),
      },
      spec: podSpec(props, selector),
    };
    const common = { replicas: props.replicas, revisionHistoryLimit: 3, selector: { matchLabels: selector }, template };
    const manifest =
      props.kind === 'Deployment'
        ? k8s.KubeDeployment.manifest({ metadata, spec: { ...common, ...rollingUpdate } })
        : k8s.KubeStatefulSet.manifest({
            metadata,
            spec: {
              ...common,
              serviceName: props.service,
              ...(props.claim ? { volumeClaimTemplates: [claim(props.claim, props.partOf)] } : {}),
            },
          });
    sleepBeforeStop(new ApiObject(this, 'object', manifest), props.environment.drainSeconds);
  }
}

const rollingUpdate: Pick<k8s.DeploymentSpec, 'strategy' | 'progressDeadlineSeconds'> = {
  progressDeadlineSeconds,
  strategy: {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
  },
};

function podSpec(props: WorkloadProps, selector: Readonly<Record<string, string>>): k8s.PodSpec {
  const volumes: VolumeProps[] = [{ name: 'tmp', path: '/tmp' }, ...(props.volumes ?? [])];
  const mounts = [...volumes, ...(props.claim ? [props.claim] : [])];
  return {
    serviceAccountName: props.service,
    automountServiceAccountToken: props.serviceAccountToken === true,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: props.environment.graceSeconds,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: props.user,
      runAsGroup: props.user,
      ...(props.fsGroup === undefined ? {} : { fsGroup: props.fsGroup, fsGroupChangePolicy: 'OnRootMismatch' }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...placement(props.environment, selector),
    containers: [container(props.container, mounts)],
    volumes: volumes.map(volume),
  };
}

function container(props: ContainerProps, mounts: readonly { name: string; path: string }[]): k8s.Container {
  return {
    name: props.name,
    image: props.image,
    imagePullPolicy: 'IfNotPresent',
    ...(props.args ? { args: [...props.args] } : {}),
    ports: props.ports.map(({ name, port }) => ({ name, containerPort: port, protocol: 'TCP' })),
    ...(props.env.length > 0 ? { env: [...props.env] } : {}),
    startupProbe: props.probes.startup,
    readinessProbe: props.probes.readiness,
    livenessProbe: props.probes.liveness,
    resources: { requests: quantities(props.resources.requests), limits: quantities(props.resources.limits) },
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: mounts.map(({ name, path }) => ({ name, mountPath: path })),
  };
}

/** Even spread is a wish, not a condition: a laptop has one node. */
function placement(
  { spread }: Pick<Environment, 'spread'>,
  selector: Readonly<Record<string, string>>,
): Pick<k8s.PodSpec, 'topologySpreadConstraints' | 'affinity'> {
  const labelSelector = { matchLabels: selector };
  return {
    topologySpreadConstraints: spread.topologyKeys.map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector,
    })),
    ...(spread.antiAffinity
      ? {
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 100, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector } },
              ],
            },
          },
        }
      : {}),
  };
}

function volume({ name, source, sizeLimit = scratchSize }: VolumeProps): k8s.Volume {
  return source ? { name, ...source } : { name, emptyDir: { sizeLimit: k8s.Quantity.fromString(sizeLimit) } };
}

function claim(
  { name, size }: { name: string; size: string },
  partOf: string | undefined,
): k8s.KubePersistentVolumeClaimProps {
  return {
    metadata: { name, labels: labelsOf(partOf) },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: k8s.Quantity.fromString(size) } } },
  };
}

function quantities(amounts: Readonly<Record<string, string>>): Record<string, k8s.Quantity> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, k8s.Quantity.fromString(amount)]));
}

/**
 * `sleep` needs no shell in the image (https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/). The typed kinds
 * are older than it and drop it, so it is patched into the finished manifest.
 */
function sleepBeforeStop(object: ApiObject, seconds: number): void {
  const lifecycle: Lifecycle = { preStop: { sleep: { seconds } } };
  object.addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/lifecycle', lifecycle));
}

/** A machine that is short of CPU answers late; a Pod that says it is not ready does so at once. */
const patience = 5;

/** The probes of a program that answers `/livez` and `/readyz` on one port. */
export function httpProbes(port: number, paths = { live: '/livez', ready: '/readyz' }): Probes {
  const get = (path: string) => ({ httpGet: { path, port: k8s.IntOrString.fromNumber(port) } });
  return {
    startup: { ...get(paths.ready), periodSeconds: 1, timeoutSeconds: patience, failureThreshold: 60 },
    readiness: { ...get(paths.ready), periodSeconds: 1, timeoutSeconds: patience, failureThreshold: 3 },
    liveness: { ...get(paths.live), periodSeconds: 10, timeoutSeconds: patience, failureThreshold: 3 },
  };
}

/** The probes of a program of which one can only see that it accepts connections. */
export function tcpProbes(port: number): Probes {
  const tcpSocket = { port: k8s.IntOrString.fromNumber(port) };
  return {
    startup: { tcpSocket, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 120 },
    readiness: { tcpSocket, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 },
    liveness: { tcpSocket, periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 6 },
  };
}
