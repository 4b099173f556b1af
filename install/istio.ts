import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import { parse, stringify } from 'yaml';
import { type InstallOptions, istioNamespace, istioOperator, tracingProvider } from '../mesh/istio/install.ts';
import { ownLabels } from '../mesh/objects.ts';
import { versionFit, versions } from '../mesh/versions.ts';
import { InstallError } from './install-error.ts';
import type { Ledger } from './ledger.ts';
import { type ClusterObjects, callAt, type ObjectRef, type Site } from './site.ts';
import type { Step } from './step.ts';

/** Remembers which values the mesh was installed with. */
const noteRef = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'parley-mesh', namespace: istioNamespace } };
const istiodRef = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'istiod', namespace: istioNamespace },
};

/** Istio by istioctl and typed values. One that others installed is used as it is, if its version fits. */
export function istioStep(site: Site, options: InstallOptions, ledger: Ledger): Step {
  const text = stringify(istioOperator(options), { lineWidth: 0 });
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return {
    title: 'mesh',
    async look() {
      const objects = await site.openObjects();
      const istiod = await objects.read<Deployment>(istiodRef);
      if (!istiod) return undefined;
      const version = versionOf(istiod);
      if (ledger.state('mesh') === undefined) return acceptOthers(objects, version, options);
      const note = await objects.read<ConfigMap>(noteRef);
      return note?.data?.values === digest && isReady(istiod) ? `Istio ${version}` : undefined;
    },
    async run(say) {
      ledger.begin('mesh');
      const file = join(site.home, 'istio.yaml');
      mkdirSync(site.home, { recursive: true, mode: 0o700 });
      writeFileSync(file, text);
      await callAt(site, {
        program: 'istioctl',
        args: ['install', '-y', '-f', file],
        hint: `Type: kubectl --kubeconfig ${site.kubeconfig} -n ${istioNamespace} describe pods`,
        onLine: (line) => say(line.trim()),
      });
      const objects = await site.openObjects();
      await objects.serverApply(note(digest));
      ledger.finish('mesh');
      const istiod = await objects.read<Deployment>(istiodRef);
      return `Istio ${istiod ? versionOf(istiod) : versions.meshes.istio.version}, installed`;
    },
  };
}

function note(digest: string): ObjectRef & { readonly data: Readonly<Record<string, string>> } {
  return { ...noteRef, metadata: { ...noteRef.metadata, labels: { ...ownLabels } }, data: { values: digest } };
}

function versionOf({ spec }: Deployment): string {
  const image = spec?.template.spec?.containers[0]?.image ?? '';
  const tag = image.replace(/@.*/, '').split(':').at(-1) ?? '';
  return /^\d+\.\d+\.\d+/.test(tag) ? tag : `unknown (image ${image})`;
}

function isReady({ metadata, spec, status }: Deployment): boolean {
  const looked = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 1);
  return looked && (status?.availableReplicas ?? 0) >= (spec?.replicas ?? 1);
}

/** What can be said for an Istio of others; throws when its version does not fit. */
async function acceptOthers(objects: ClusterObjects, version: string, options: InstallOptions): Promise<string> {
  const pinned = versions.meshes.istio.version;
  const fit = /^\d/.test(version) ? versionFit(pinned, version) : undefined;
  if (fit !== 'same' && fit !== 'other patch') {
    throw new InstallError('MeshOfOthers', `the cluster has Istio ${version}; parley is made for ${pinned}`, {
      hint: 'Upgrade it (https://istio.io/latest/docs/setup/upgrade/), or type: parley up --target kind',
    });
  }
  const config = await objects.read<ConfigMap>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: istioNamespace },
  });
  const differences = meshDifferences(parse(config?.data?.mesh ?? '') as unknown, options);
  return [`Istio ${version} as it is`, ...differences].join('; ');
}

/** What of another's meshConfig is not as the objects of this kit expect it, in words. Pure. */
export function meshDifferences(found: unknown, { trustDomain, collector }: InstallOptions): string[] {
  const config = (found ?? {}) as {
    readonly trustDomain?: string;
    readonly defaultHttpRetryPolicy?: { readonly attempts?: number };
    readonly extensionProviders?: readonly { readonly name?: string }[];
  };
  const differences: string[] = [];
  if ((config.trustDomain ?? 'cluster.local') !== trustDomain)
    differences.push(`trust domain ${config.trustDomain} instead of ${trustDomain}`);
  if (config.defaultHttpRetryPolicy?.attempts !== 0)
    differences.push(
      'failed requests are tried again by default (meshConfig.defaultHttpRetryPolicy.attempts is not 0)',
    );
  if (collector && !config.extensionProviders?.some(({ name }) => name === tracingProvider))
    differences.push(`no spans of sidecars (meshConfig.extensionProviders has no \`${tracingProvider}\`)`);
  return differences;
}

/** How an installed Istio gets traffic into its sidecars; undefined when there is none. */
export async function istioCapture(objects: ClusterObjects): Promise<InstallOptions['capture'] | undefined> {
  const injector = await objects.read<ConfigMap>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio-sidecar-injector', namespace: istioNamespace },
  });
  const text = injector?.data?.values;
  if (text === undefined) return undefined;
  const values = parse(text) as { readonly pilot?: { readonly cni?: { readonly enabled?: boolean } } };
  return values.pilot?.cni?.enabled === true ? 'cni' : 'init';
}

/** Takes an Istio away that this kit installed, its resource types included. */
export async function removeIstio(site: Site): Promise<void> {
  await callAt(site, {
    program: 'istioctl',
    args: ['uninstall', '--purge', '-y'],
    hint: `Type: KUBECONFIG=${site.kubeconfig} istioctl uninstall --purge`,
  });
  const objects = await site.openObjects();
  await objects.remove({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: istioNamespace } });
}
