import type { Container, PodSpec, PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { describeObject, type KubeObject } from '../mesh/objects.ts';

/** An object that makes Pods. */
export interface PodMaker extends KubeObject {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: PodTemplateSpec;
  };
}

/** A rule that a Pod template breaks. */
export interface Violation {
  readonly object: string;
  readonly rule: string;
  readonly reason: string;
}

/** A rule that one object breaks for a reason. */
export interface HardeningException {
  /** As `describeObject` names it. */
  readonly object: string;
  readonly rule: string;
  readonly reason: string;
}

type PodCheck = (pod: PodSpec) => string | undefined;
type ContainerCheck = (container: Container, pod: PodSpec) => string | undefined;

/** Volume types of the level `restricted`. */
const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
/** Placeholder that Istio's injector replaces. */
const injectedImage = 'auto';

/**
 * Rules on the Pod: pod security level `restricted` (https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted), and
 * the rules of the same name of kube-linter and kube-score.
 */
const podRules: Readonly<Record<string, PodCheck>> = {
  'host-namespaces': (pod) =>
    pod.hostNetwork || pod.hostPID || pod.hostIPC ? 'shares a namespace of the host' : undefined,
  'volume-types': (pod) => {
    const wrong = (pod.volumes ?? []).filter((volume) => !allowedVolumes.some((type) => type in volume));
    return wrong.length > 0 ? `volume ${wrong.map(({ name }) => name).join(', ')} is of a forbidden type` : undefined;
  },
  'run-as-non-root': (pod) => (pod.securityContext?.runAsNonRoot === true ? undefined : 'runAsNonRoot is not true'),
  'run-as-user': (pod) => ((pod.securityContext?.runAsUser ?? 0) > 0 ? undefined : 'runAsUser is 0 or not said'),
  'seccomp-profile': (pod) =>
    pod.securityContext?.seccompProfile?.type === 'RuntimeDefault' ? undefined : 'seccompProfile is not RuntimeDefault',
  'service-account-token': (pod) =>
    pod.automountServiceAccountToken === false ? undefined : 'mounts the token of its ServiceAccount',
  'default-service-account': (pod) =>
    pod.serviceAccountName && pod.serviceAccountName !== 'default' ? undefined : 'has no ServiceAccount of its own',
  'topology-spread': (pod) => (pod.topologySpreadConstraints?.length ? undefined : 'is not spread'),
};

const containerRules: Readonly<Record<string, ContainerCheck>> = {
  'privilege-escalation': ({ securityContext }) =>
    securityContext?.allowPrivilegeEscalation === false && !securityContext.privileged
      ? undefined
      : 'may gain privileges',
  'drop-capabilities': ({ securityContext }) =>
    securityContext?.capabilities?.drop?.includes('ALL') && !securityContext.capabilities.add?.length
      ? undefined
      : 'does not drop ALL capabilities',
  'container-non-root': ({ securityContext }) =>
    securityContext?.runAsNonRoot === true && securityContext.runAsUser !== 0 ? undefined : 'may run as root',
  'container-seccomp': ({ securityContext }) =>
    securityContext?.seccompProfile?.type === 'RuntimeDefault' ? undefined : 'seccompProfile is not RuntimeDefault',
  'read-only-root': ({ securityContext }) =>
    securityContext?.readOnlyRootFilesystem === true ? undefined : 'can write to its root file system',
  'cpu-requirements': ({ resources }) =>
    resources?.requests?.cpu && resources.limits?.cpu ? undefined : 'CPU request or limit is missing',
  'memory-requirements': ({ resources }) =>
    resources?.requests?.memory && resources.limits?.memory ? undefined : 'memory request or limit is missing',
  'latest-tag': ({ image = '' }) =>
    image === injectedImage || (/:[^/]+$/.test(image) && !image.endsWith(':latest'))
      ? undefined
      : `\`${image}\` is not pinned`,
  'image-pull-policy': ({ imagePullPolicy }) =>
    imagePullPolicy === 'IfNotPresent' ? undefined : 'images that are loaded into the nodes would not be used',
  'host-ports': ({ ports = [] }) => (ports.some(({ hostPort }) => hostPort) ? 'takes a port of the host' : undefined),
  'startup-probe': ({ startupProbe }) => (startupProbe ? undefined : 'has no startup probe'),
  'readiness-probe': ({ readinessProbe }) => (readinessProbe ? undefined : 'has no readiness probe'),
  'liveness-probe': ({ livenessProbe }) => (livenessProbe ? undefined : 'has no liveness probe'),
  'drain-before-stop': ({ lifecycle }, { terminationGracePeriodSeconds: grace = 30 }) => {
    const seconds = lifecycle?.preStop?.sleep?.seconds ?? 0;
    if (seconds === 0) return 'stops before others know that it goes';
    return seconds < grace ? undefined : `sleeps ${seconds} s of ${grace} s and has no time to finish requests`;
  },
  'scratch-space': ({ volumeMounts = [] }) =>
    volumeMounts.some(({ mountPath }) => mountPath === '/tmp') ? undefined : 'has no place for temporary files',
};

/** Everything in which the objects fall short of what workload.ts promises; empty when they keep it, but for the exceptions. */
export function hardeningViolations(
  objects: readonly KubeObject[],
  exceptions: readonly HardeningException[] = [],
): Violation[] {
  const excepted = new Set(exceptions.map(({ object, rule }) => `${object}: ${rule}`));
  return violationsOf(objects).filter(({ object, rule }) => !excepted.has(`${object}: ${rule}`));
}

function violationsOf(objects: readonly KubeObject[]): Violation[] {
  return objects.filter(isPodMaker).flatMap((object) => {
    const pod = object.spec.template.spec;
    if (!pod) return [{ object: describeObject(object), rule: 'pod', reason: 'has no Pod' }];
    const containers = [...(pod.initContainers ?? []), ...pod.containers];
    return [
      ...broken(podRules, (check) => check(pod)),
      ...containers.flatMap((container) =>
        broken(containerRules, (check) => check(container, pod)).map(({ rule, reason }) => ({
          rule,
          reason: `container ${container.name}: ${reason}`,
        })),
      ),
    ].map((violation) => ({ object: describeObject(object), ...violation }));
  });
}

/** Whether an object makes Pods from a template. */
export function isPodMaker(object: KubeObject): object is PodMaker {
  return object.kind === 'Deployment' || object.kind === 'StatefulSet';
}

function broken<Check>(
  rules: Readonly<Record<string, Check>>,
  run: (check: Check) => string | undefined,
): { rule: string; reason: string }[] {
  return Object.entries(rules).flatMap(([rule, check]) => {
    const reason = run(check);
    return reason === undefined ? [] : [{ rule, reason }];
  });
}
