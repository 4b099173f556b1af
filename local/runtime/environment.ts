import os from 'node:os';
import type { ConfigMap, Container, EnvVar, EnvVarSource, Pod, Secret } from 'kubernetes-types/core/v1.js';
import type { PodSandbox } from '../sidecar/types.ts';
import type { ObjectStore, Stored } from '../store/types.ts';
import { parseQuantity } from './quantity.ts';
import { configError } from './runtime-error.ts';

export interface EnvironmentSource {
  readonly store: ObjectStore;
  readonly pod: Stored<Pod>;
  readonly sandbox: PodSandbox;
  readonly hostIp: string;
}

/**
 * The variables that a container declares, with every reference resolved and `$(NAME)` expanded
 * (https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/).
 * Throws `ContainerError` CreateContainerConfigError that names the missing object and key.
 */
export function declaredEnvironment(source: EnvironmentSource, container: Container): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? configData(source, 'ConfigMap', configMapRef.name ?? '', configMapRef.optional)
      : configData(source, 'Secret', secretRef?.name ?? '', secretRef?.optional);
    for (const [key, value] of Object.entries(data ?? {})) env[`${prefix}${key}`] = value.toString('utf8');
  }
  for (const variable of container.env ?? []) {
    const value = resolve(source, container, variable, env);
    if (value !== undefined) env[variable.name] = value;
  }
  return env;
}

/** `$(NAME)` becomes the variable, `$$(NAME)` the text `$(NAME)`; an unknown name stays as it is. Pure. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(\$)?\(([^)]*)\)/g, (whole, escaped: string | undefined, name: string) =>
    escaped === undefined ? (env[name] ?? whole) : whole.slice(1),
  );
}

function resolve(
  source: EnvironmentSource,
  container: Container,
  { name, value, valueFrom }: EnvVar,
  env: Readonly<Record<string, string>>,
): string | undefined {
  if (valueFrom === undefined) return expand(value ?? '', env);
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef) return podField(source, fieldRef.fieldPath);
  if (resourceFieldRef) return resourceField(container, resourceFieldRef);
  if (configMapKeyRef) return keyOf(source, 'ConfigMap', configMapKeyRef);
  if (secretKeyRef) return keyOf(source, 'Secret', secretKeyRef);
  const kinds = Object.keys(valueFrom).join(', ');
  throw configError(
    `spec.containers{${container.name}}.env{${name}}.valueFrom: ${kinds || 'nothing'} is not supported`,
  );
}

function keyOf(
  source: EnvironmentSource,
  kind: 'ConfigMap' | 'Secret',
  { name = '', key, optional }: { readonly name?: string; readonly key: string; readonly optional?: boolean },
): string | undefined {
  const data = configData(source, kind, name, optional);
  if (data === undefined || (data[key] === undefined && optional)) return undefined;
  const value = data[key];
  const at = `${source.pod.metadata.namespace}/${name}`;
  if (value === undefined) {
    throw configError(`couldn't find key ${key} in ${kind} ${at}; it has: ${Object.keys(data).join(', ') || 'none'}`);
  }
  return value.toString('utf8');
}

/** The content of a ConfigMap or Secret; undefined when it is optional and not there. */
export function configData(
  { store, pod }: Pick<EnvironmentSource, 'store' | 'pod'>,
  kind: 'ConfigMap' | 'Secret',
  name: string,
  optional = false,
): Record<string, Buffer> | undefined {
  const { namespace } = pod.metadata;
  const object = store.get<ConfigMap & Secret>(kind, name, namespace);
  if (object === undefined) {
    if (optional) return undefined;
    const resource = kind.toLowerCase();
    throw configError(
      `${resource} "${name}" not found; create it: kubectl -n ${namespace} create ${resource} ... ${name}`,
    );
  }
  const decode = (text: string) => Buffer.from(text, 'base64');
  const plain = (text: string) => Buffer.from(text, 'utf8');
  const entries = (data: Record<string, string> | undefined, read: (text: string) => Buffer) =>
    Object.entries(data ?? {}).map(([key, value]) => [key, read(value)] as const);
  return Object.fromEntries(
    kind === 'Secret'
      ? [...entries(object.data, decode), ...entries(object.stringData, plain)]
      : [...entries(object.data, plain), ...entries(object.binaryData, decode)],
  );
}

/** The value of a fieldRef (https://kubernetes.io/docs/concepts/workloads/pods/downward-api/). */
export function podField({ pod, sandbox, hostIp }: Omit<EnvironmentSource, 'store'>, fieldPath: string): string {
  const { metadata, spec } = pod;
  const entry = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(fieldPath);
  if (entry !== null) return metadata[entry[1] as 'labels' | 'annotations']?.[entry[2] ?? ''] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
    case 'metadata.annotations':
      return Object.entries(metadata[fieldPath === 'metadata.labels' ? 'labels' : 'annotations'] ?? {})
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join('\n');
    case 'spec.nodeName':
      return 'parley';
    case 'spec.serviceAccountName':
      return spec?.serviceAccountName ?? 'default';
    case 'status.podIP':
    case 'status.podIPs':
      return sandbox.ip;
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp;
    default:
      throw configError(`fieldRef.fieldPath: "${fieldPath}" is not known`);
  }
}

/** The value of a resourceFieldRef; what has no limit may use the whole machine. */
export function resourceField(
  { name, resources }: Container,
  { resource, divisor }: NonNullable<EnvVarSource['resourceFieldRef']>,
): string {
  const [list, kind] = resource.split('.');
  if ((list !== 'limits' && list !== 'requests') || (kind !== 'cpu' && kind !== 'memory')) {
    throw configError(
      `spec.containers{${name}}: resourceFieldRef.resource "${resource}" is none of limits.cpu, limits.memory, requests.cpu, requests.memory`,
    );
  }
  const machine = kind === 'cpu' ? os.availableParallelism() : os.totalmem();
  const declared = resources?.[list]?.[kind] ?? resources?.limits?.[kind];
  const amount = declared === undefined ? machine : parseQuantity(declared);
  const unit = divisor === undefined || String(divisor) === '0' ? 1 : parseQuantity(divisor);
  return String(Math.ceil(amount / unit));
}
