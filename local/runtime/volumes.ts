import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type {
  Container,
  DownwardAPIVolumeFile,
  KeyToPath,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Volume,
} from 'kubernetes-types/core/v1.js';
import type { ObjectStore, Stored } from '../store/types.ts';
import { configData, type EnvironmentSource, podField, resourceField } from './environment.ts';
import type { Mount } from './mounts.ts';
import { configError } from './runtime-error.ts';

export interface VolumeSource extends EnvironmentSource {
  /** `<state folder>/volumes`: what PersistentVolumeClaims hold. */
  readonly volumesDir: string;
}

/** Folder of a volume on this machine. */
function volumeDir({ sandbox, volumesDir, pod }: VolumeSource, volume: Volume): string {
  const claim = volume.persistentVolumeClaim?.claimName;
  return claim === undefined
    ? path.join(sandbox.dir, 'volumes', volume.name)
    : path.join(volumesDir, pod.metadata.namespace ?? 'default', claim);
}

/** Makes every volume of the Pod, or brings it up to date. Throws `ContainerError` that names what is missing. */
export function prepareVolumes(source: VolumeSource): void {
  for (const volume of source.pod.spec?.volumes ?? []) {
    const dir = volumeDir(source, volume);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (volume.persistentVolumeClaim) bindClaim(source, volume.persistentVolumeClaim.claimName, dir);
    const files = volumeFiles(source, volume);
    if (files !== undefined) writeFiles(dir, files);
  }
}

/** The places that a container's mountPaths stand for. */
export function containerMounts(source: VolumeSource, container: Container): Mount[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, subPath = '' }) => {
    const volume = source.pod.spec?.volumes?.find((candidate) => candidate.name === name);
    if (volume === undefined) throw configError(`spec.containers{${container.name}}.volumeMounts: no volume "${name}"`);
    const base = volumeDir(source, volume);
    const realPath = path.join(base, subPath);
    if (realPath !== base && !realPath.startsWith(`${base}/`)) {
      throw configError(
        `spec.containers{${container.name}}.volumeMounts{${name}}.subPath: "${subPath}" leaves the volume`,
      );
    }
    if (!existsSync(realPath)) mkdirSync(realPath, { recursive: true, mode: 0o700 });
    return { mountPath, realPath };
  });
}

interface VolumeFile {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

/** The files that a volume projects; undefined for one that belongs to the program. */
function volumeFiles(source: VolumeSource, volume: Volume): VolumeFile[] | undefined {
  const { configMap, secret, downwardAPI } = volume;
  if (configMap) {
    const { name = '', items, optional, defaultMode } = configMap;
    return projected('ConfigMap', name, configData(source, 'ConfigMap', name, optional), items, defaultMode, optional);
  }
  if (secret) {
    const { secretName = '', items, optional, defaultMode } = secret;
    return projected(
      'Secret',
      secretName,
      configData(source, 'Secret', secretName, optional),
      items,
      defaultMode,
      optional,
    );
  }
  if (!downwardAPI) return undefined;
  return (downwardAPI.items ?? []).map((item) => ({
    path: item.path,
    content: Buffer.from(downwardValue(source, item)),
    mode: item.mode ?? downwardAPI.defaultMode ?? 0o644,
  }));
}

function downwardValue(
  source: VolumeSource,
  { fieldRef, resourceFieldRef, path: file }: DownwardAPIVolumeFile,
): string {
  if (fieldRef) return podField(source, fieldRef.fieldPath);
  const containers = source.pod.spec?.containers ?? [];
  const container = containers.find(({ name }) => name === resourceFieldRef?.containerName);
  if (resourceFieldRef === undefined || container === undefined) {
    throw configError(
      `downwardAPI item "${file}": needs a fieldRef, or a resourceFieldRef with a containerName of this Pod`,
    );
  }
  return resourceField(container, resourceFieldRef);
}

function projected(
  kind: string,
  name: string,
  data: Readonly<Record<string, Buffer>> = {},
  items: readonly KeyToPath[] | undefined,
  mode = 0o644,
  optional = false,
): VolumeFile[] {
  if (items === undefined) return Object.entries(data).map(([key, content]) => ({ path: key, content, mode }));
  return items.flatMap((item) => {
    const content = data[item.key];
    if (content !== undefined) return { path: item.path, content, mode: item.mode ?? mode };
    if (optional) return [];
    throw configError(
      `couldn't find key ${item.key} in ${kind} ${name}; it has: ${Object.keys(data).join(', ') || 'none'}`,
    );
  });
}

/** Writes what differs and removes what is no longer projected. The owner alone can read; execute bits are kept. */
function writeFiles(dir: string, files: readonly VolumeFile[]): void {
  const wanted = new Set(files.map((file) => file.path.split('/')[0]));
  for (const name of readdirSync(dir)) if (!wanted.has(name)) rmSync(path.join(dir, name), { recursive: true });
  for (const file of files) {
    const target = path.join(dir, file.path);
    if (!target.startsWith(`${dir}/`)) throw configError(`path "${file.path}" leaves its volume`);
    if (existsSync(target) && readFileSync(target).equals(file.content)) continue;
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
    const ownerMode = (file.mode & 0o700) | 0o400;
    if (existsSync(target)) chmodSync(target, ownerMode | 0o200);
    writeFileSync(target, file.content, { mode: ownerMode | 0o200 });
    chmodSync(target, ownerMode);
  }
}

/** Binds a claim to a folder of this machine at once; the folder outlives Pods. */
function bindClaim({ store, pod }: VolumeSource, name: string, dir: string): void {
  const { namespace } = pod.metadata;
  const claim = store.get<PersistentVolumeClaim>('PersistentVolumeClaim', name, namespace);
  if (claim === undefined)
    throw configError(`persistentvolumeclaim "${name}" not found in namespace ${namespace}: create it`);
  if (claim.status?.phase === 'Bound') return;
  const volumeName = `pvc-${claim.metadata.uid}`;
  const { accessModes = ['ReadWriteOnce'], resources } = claim.spec ?? {};
  const capacity = { storage: resources?.requests?.storage ?? '1Gi' };
  ensureVolume(store, claim, volumeName, dir, { accessModes, capacity });
  const bound = store.update<PersistentVolumeClaim>({ ...claim, spec: { ...claim.spec, volumeName } });
  store.updateStatus<PersistentVolumeClaim>({ ...bound, status: { phase: 'Bound', accessModes, capacity } });
}

function ensureVolume(
  store: ObjectStore,
  claim: Stored<PersistentVolumeClaim>,
  name: string,
  dir: string,
  size: Pick<NonNullable<PersistentVolume['spec']>, 'accessModes' | 'capacity'>,
): void {
  if (store.get('PersistentVolume', name) !== undefined) return;
  const { apiVersion, kind, metadata } = claim;
  const claimRef = { apiVersion, kind, namespace: metadata.namespace, name: metadata.name, uid: metadata.uid };
  const spec: PersistentVolume['spec'] = {
    ...size,
    claimRef,
    storageClassName: claim.spec?.storageClassName,
    persistentVolumeReclaimPolicy: 'Retain',
    volumeMode: 'Filesystem',
    local: { path: dir },
  };
  const volume = store.create<PersistentVolume>({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec,
  });
  store.updateStatus<PersistentVolume>({ ...volume, status: { phase: 'Bound' } });
}

/** Whether the Pod projects this ConfigMap or Secret into a volume. */
export function projects(pod: Stored<Pod>, kind: string, name: string): boolean {
  return (pod.spec?.volumes ?? []).some(({ configMap, secret }) =>
    kind === 'ConfigMap' ? configMap?.name === name : secret?.secretName === name,
  );
}
