import type { Container, Pod, PodSpec, Volume } from 'kubernetes-types/core/v1.js';
import type { Stored } from '../store/types.ts';

/** What nodeSelector can ask of the one node. */
export const nodeLabels: Readonly<Record<string, string>> = {
  'kubernetes.io/hostname': 'parley',
  'kubernetes.io/os': 'linux',
  'kubernetes.io/arch': process.arch === 'x64' ? 'amd64' : process.arch,
};

const volumeKinds = new Set(['name', 'emptyDir', 'configMap', 'secret', 'downwardAPI', 'persistentVolumeClaim']);

/** Pod fields whose mere presence asks for something that processes without namespaces cannot have. */
const podFields = [
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'hostAliases',
  'dnsConfig',
  'runtimeClassName',
  'overhead',
] as const;
const morePodFields = [
  'readinessGates',
  'schedulingGates',
  'resourceClaims',
  'ephemeralContainers',
  'setHostnameAsFQDN',
] as const;

/**
 * Everything in the Pod that the embedded cluster cannot do, each with its field. Fields that only harden (securityContext,
 * seccomp, read-only root) and resource limits are accepted: this is a development target, it reports use and limits nothing. Pure.
 */
export function unsupportedFields(pod: Stored<Pod>): string[] {
  const spec: PodSpec = pod.spec ?? { containers: [] };
  const problems: string[] = [];
  for (const field of [...podFields, ...morePodFields]) if (asks(spec[field])) problems.push(`spec.${field}`);
  if (spec.os !== undefined && spec.os.name !== 'linux') problems.push(`spec.os.name: ${spec.os.name}`);
  if (spec.nodeName !== undefined && spec.nodeName !== 'parley') problems.push(`spec.nodeName: ${spec.nodeName}`);
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    if (nodeLabels[key] !== value) problems.push(`spec.nodeSelector[${key}]: ${value}`);
  }
  if (spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined) {
    problems.push('spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution');
  }
  for (const volume of spec.volumes ?? []) problems.push(...volumeProblems(volume));
  for (const [list, containers] of [
    ['initContainers', spec.initContainers ?? []],
    ['containers', spec.containers],
  ] as const) {
    for (const container of containers)
      problems.push(...containerProblems(`spec.${list}{${container.name}}`, container));
  }
  return problems;
}

function asks(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false && value !== null;
}

function volumeProblems(volume: Volume): string[] {
  return Object.keys(volume)
    .filter((key) => !volumeKinds.has(key))
    .map((key) => `spec.volumes{${volume.name}}.${key}`);
}

function containerProblems(field: string, container: Container): string[] {
  const problems: string[] = [];
  if (container.securityContext?.privileged) problems.push(`${field}.securityContext.privileged`);
  if (container.tty) problems.push(`${field}.tty`);
  if (container.stdin) problems.push(`${field}.stdin`);
  if (container.volumeDevices?.length) problems.push(`${field}.volumeDevices`);
  if (container.resources?.claims?.length) problems.push(`${field}.resources.claims`);
  if (container.restartPolicy !== undefined && container.restartPolicy !== 'Always') {
    problems.push(`${field}.restartPolicy: ${container.restartPolicy}`);
  }
  for (const port of container.ports ?? []) {
    if (port.hostPort) problems.push(`${field}.ports[].hostPort: ${port.hostPort}`);
    if (port.hostIP) problems.push(`${field}.ports[].hostIP: ${port.hostIP}`);
  }
  for (const mount of container.volumeMounts ?? []) {
    if (mount.subPathExpr) problems.push(`${field}.volumeMounts[].subPathExpr`);
    if (mount.mountPropagation && mount.mountPropagation !== 'None')
      problems.push(`${field}.volumeMounts[].mountPropagation`);
  }
  return problems;
}
