import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.js';
import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import { parse } from 'yaml';
import { type InstallOptions, linkerdCniNamespace, linkerdNamespace } from '../../mesh/linkerd/install.ts';
import { versionFit, versions } from '../../mesh/versions.ts';
import { InstallError } from '../install-error.ts';
import type { ClusterObjects, ObjectRef } from '../site.ts';

/** A control plane as its ConfigMap `linkerd-config` describes it: every value of its chart but private keys. */
export interface InstalledLinkerd {
  readonly version: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The control plane that is in the cluster; undefined: none. */
export async function installedLinkerd(objects: ClusterObjects): Promise<InstalledLinkerd | undefined> {
  const config = await objects.read<ConfigMap>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'linkerd-config', namespace: linkerdNamespace },
  });
  if (!config) return undefined;
  const values: unknown = parse(config.data?.values ?? '');
  if (!isRecord(values)) {
    throw new InstallError('BadMesh', `ConfigMap ${linkerdNamespace}/linkerd-config holds no values`, {
      hint: 'Type: linkerd check',
    });
  }
  return { values, version: typeof values.linkerdVersion === 'string' ? values.linkerdVersion : 'unknown' };
}

/** Whether a release of Linkerd does for this kit. */
export function fitsLinkerd(version: string): boolean {
  if (!/^edge-\d+\.\d+\.\d+/.test(version)) return false;
  return ['same', 'other patch'].includes(versionFit(versions.meshes.linkerd.version, version));
}

/** Paths of the wanted values that are otherwise in the cluster: `proxy.defaultInboundPolicy`. Text counts without blank ends. Pure. */
export function differingValues(wanted: unknown, found: unknown, path: readonly string[] = []): string[] {
  if (isRecord(wanted)) {
    const inner = isRecord(found) ? found : {};
    return Object.entries(wanted).flatMap(([key, value]) => differingValues(value, inner[key], [...path, key]));
  }
  const same =
    typeof wanted === 'string' && typeof found === 'string' ? wanted.trim() === found.trim() : wanted === found;
  return same ? [] : [path.join('.')];
}

/** What can be said for a Linkerd of others; throws InstallError `MeshOfOthers` when it does not do. Pure. */
export function acceptOthers(
  { version, values }: InstalledLinkerd,
  { trustDomain, collector }: InstallOptions,
): string {
  if (!fitsLinkerd(version)) {
    const pinned = versions.meshes.linkerd.version;
    throw new InstallError('MeshOfOthers', `the cluster has Linkerd ${version}; parley is made for ${pinned}`, {
      hint: 'Upgrade it (https://linkerd.io/2/tasks/upgrade/), or type: parley up --target kind',
    });
  }
  const domain = values.identityTrustDomain || values.clusterDomain;
  const tracing = { proxy: { tracing: { enabled: true } } };
  return [
    `Linkerd ${version} as it is`,
    ...(domain === trustDomain ? [] : [`trust domain ${domain} instead of ${trustDomain}`]),
    ...(collector && differingValues(tracing, values).length > 0
      ? ['no spans of sidecars (proxy.tracing.enabled)']
      : []),
  ].join('; ');
}

/** How an installed Linkerd gets traffic into its sidecars; undefined when there is none. */
export async function linkerdCapture(objects: ClusterObjects): Promise<InstallOptions['capture'] | undefined> {
  const found = await installedLinkerd(objects);
  return found && (found.values.cniEnabled === true ? 'cni' : 'init');
}

/** What installed this object of Linkerd, as its annotation says: `edge-26.6.3`. */
export function madeBy(object: ObjectRef | undefined): string {
  return object?.metadata.annotations?.['linkerd.io/created-by']?.split(' ').at(-1) ?? '';
}

export const deployments = ['linkerd-destination', 'linkerd-identity', 'linkerd-proxy-injector'] as const;

/** The first part of the control plane that is not ready, and how; undefined: all are. */
export async function unreadyPart(objects: ClusterObjects): Promise<string | undefined> {
  for (const name of deployments) {
    const found = await objects.read<Deployment>({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: linkerdNamespace },
    });
    const { metadata, spec, status } = found ?? {};
    const wanted = spec?.replicas ?? 1;
    const good = Math.min(status?.availableReplicas ?? 0, status?.updatedReplicas ?? 0);
    const seen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 1);
    if (!found || !seen || good < wanted) return `${name}: ${seen ? good : 0} of ${wanted} ready`;
  }
  return undefined;
}

/** The release of the CNI plug-in, when it is ready on every node. */
export async function readyCni(objects: ClusterObjects): Promise<string | undefined> {
  const found = await objects.read<ObjectRef & DaemonSet>({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'linkerd-cni', namespace: linkerdCniNamespace },
  });
  const { desiredNumberScheduled = 0, numberReady = 0, updatedNumberScheduled = 0 } = found?.status ?? {};
  const everywhere =
    desiredNumberScheduled > 0 && Math.min(numberReady, updatedNumberScheduled) >= desiredNumberScheduled;
  return everywhere ? madeBy(found) : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
