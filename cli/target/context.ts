import { existsSync, rmSync } from 'node:fs';
import type { Capture } from '../../charts/context.ts';
import { InstallError } from '../../install/install-error.ts';
import type { ClusterLedger, Ledger } from '../../install/ledger.ts';
import { removeRolloutType } from '../../install/rollout-type.ts';
import { type ObjectRef, type Site, until } from '../../install/site.ts';
import type { Step } from '../../install/step.ts';
import { meshTool, requireTools, tools } from '../../install/tools.ts';
import type { MeshName } from '../../mesh/intent.ts';
import { istioNamespace } from '../../mesh/istio/install.ts';
import { linkerdNamespace } from '../../mesh/linkerd/install.ts';
import { ownLabels } from '../../mesh/objects.ts';
import { supportsKubernetes, versions } from '../../mesh/versions.ts';
import { labels as observabilityLabels, namespace as observabilityNamespace } from '../../observability/names.ts';
import { labels as rolloutsLabels, namespace as rolloutsNamespace } from '../../rollout/deploy/names.ts';
import { type Cluster, openCluster } from '../cluster.ts';
import { Failure, messageOf, usageFailure } from '../failure.ts';
import { namespace } from '../routes.ts';
import { type StateFolder, stateFolder } from '../state-folder.ts';
import { type Delivery, targetImages } from './images.ts';
import { copyContext } from './kubeconfig.ts';
import { clusterSteps, installedCapture, removeMesh } from './mesh-steps.ts';
import { ledgerOf, removeRecord, type TargetRecord, titleOf } from './record.ts';
import { chosen, type Settings } from './settings.ts';
import { siteOf } from './site.ts';
import { takeBackRollouts } from './take-back-rollouts.ts';
import type { Target, TargetRequest } from './target.ts';

const removalMs = 180_000;

/** A cluster that exists, by a context of the user's own kubeconfig, which is only read. */
export const contextTarget: Target = {
  name: 'context',
  describe(_, settings) {
    const { registry, platforms } = settings;
    const pushed = { ...(registry ? { registry } : {}), ...(platforms ? { platforms } : {}) };
    return { target: 'context', name: contextOf(settings), ...chosen(settings), ...pushed };
  },
  async check({ context: { env, signal }, settings }) {
    const loaded = 'kind' in deliveryOf(settings);
    return requireTools([tools.docker, ...(loaded ? [tools.kind] : []), meshTool[settings.mesh]], env, signal);
  },
  async access(context, settings, kubeconfig) {
    const name = contextOf(settings);
    await copyContext(context.env, name, kubeconfig);
    const does = await installedCapture(await openContext(name, kubeconfig), settings.mesh);
    return captureOf(settings, does);
  },
  async steps(request) {
    const site = siteOf(request.context, request.kubeconfig);
    return [accessStep(site, request), ...clusterSteps(site, request)];
  },
  images: targetImages(deliveryOf),
  async stop(context, record) {
    const state = stateFolder(context);
    const made = record !== undefined && Object.keys(record.made).length > 0;
    if (made) {
      requireAccess(state, record);
      const ledger = ledgerOf(state);
      if (ledger.identity())
        await requireSameCluster(await openCluster(state.kubeconfig), { ...state, ...record }, ledger);
      await removeAll(siteOf(context), record.mesh, ledger);
    }
    rmSync(state.kubeconfig, { force: true });
    rmSync(state.edgeAuthority, { force: true });
    removeRecord(state);
    return made;
  },
};

const registryHint = 'Type: parley up --context <name> --registry registry.example/team';

/** Out of a registry, or, in a cluster that kind made on this machine, by loading. */
function deliveryOf(settings: Settings): Delivery {
  const { registry, platforms } = settings;
  if (registry !== undefined) return { push: { registry, platforms } };
  const kind = /^kind-(.+)$/.exec(contextOf(settings))?.[1];
  if (kind !== undefined) return { kind };
  throw usageFailure('a cluster that kind did not make has to pull the images from a registry.', registryHint);
}

function contextOf({ contextName }: Settings): string {
  if (contextName !== undefined) return contextName;
  throw usageFailure('the target context needs the name of one.', 'Type: parley up --context <name>');
}

/** The settings with the capture of a mesh that is there. An installed mesh cannot be asked for another one. */
function captureOf(settings: Settings, does: Capture | undefined): Settings {
  if (does === undefined) return settings;
  if (settings.capture !== undefined && settings.capture !== does) {
    throw new Failure('OtherCapture', `${settings.mesh} in that cluster captures traffic by \`${does}\``, {
      hint: `Type: parley up --context <name> --capture ${does}`,
    });
  }
  return { ...settings, capture: does };
}

/** Opens the cluster of a context, of which a copy is in `kubeconfig`. Fails when it does not answer, or is no cluster. */
async function openContext(name: string, kubeconfig: string): Promise<Cluster> {
  const hint = `Type: kubectl --context ${name} get namespaces`;
  const cluster = await openCluster(kubeconfig);
  const found = await cluster
    .read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } })
    .catch((cause) => {
      throw new Failure('NoAnswer', `the context ${name} cannot be used: ${messageOf(cause)}`, { cause, hint });
    });
  if (found) return cluster;
  throw new Failure('NoCluster', `the context ${name} is no cluster: it has no Namespace kube-system`, { hint });
}

/** The access is copied before anything else; this step shows that it works, and whether the mesh was made for such a cluster. */
function accessStep(site: Site, { context, settings, ledger }: TargetRequest): Step {
  const name = contextOf(settings);
  const { targetRecord } = stateFolder(context);
  const look = async () => {
    const cluster = await openContext(name, site.kubeconfig);
    await requireSameCluster(cluster, { name, targetRecord }, ledger);
    const server = cluster.kubeConfig.getCurrentCluster()?.server;
    return `${name}, ${server}, Kubernetes ${kubernetesNote(settings.mesh, await cluster.version())}`;
  };
  return { title: 'cluster', look, run: look };
}

/** Refuses a cluster other than that in which something was made before; notes which it is when nothing was. */
export async function requireSameCluster(
  cluster: Pick<Cluster, 'read'>,
  { name, targetRecord }: Pick<TargetRecord, 'name'> & Pick<StateFolder, 'targetRecord'>,
  ledger: Pick<ClusterLedger, 'identity' | 'identify'>,
): Promise<void> {
  const found = await cluster.read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  const uid = found?.metadata?.uid;
  const known = ledger.identity();
  if (known === undefined && uid) ledger.identify(uid);
  if (known === undefined || known === uid) return;
  throw new Failure('OtherCluster', `the context ${name} leads to another cluster than the one that up changed`, {
    hint: `Type: PARLEY_HOME=<another folder> parley up   (or, when the one that it changed is gone: rm ${targetRecord})`,
  });
}

/** `v1.35.8`, and what the table of versions says when it is none of those that the mesh supports. Pure. */
export function kubernetesNote(mesh: MeshName, version: string): string {
  const { kubernetes } = versions.meshes[mesh];
  if (supportsKubernetes(kubernetes, version)) return version;
  return `${version}, and ${mesh} is made for ${kubernetes.min} to ${kubernetes.max}`;
}

/** What was made cannot be removed without the copy of the access, and must not be forgotten. */
function requireAccess({ kubeconfig, targetRecord }: StateFolder, record: TargetRecord): void {
  if (existsSync(kubeconfig)) return;
  throw new Failure('NoAccess', `${kubeconfig} is not there: what up made in ${titleOf(record)} cannot be removed`, {
    hint: `Type: parley up --context ${record.name}, then parley down   (or, when that cluster is gone: rm ${targetRecord})`,
  });
}

/** What `up` made, the last first: namespaces with all that is in them, the mesh, the resource types; each is forgotten when it is gone. */
async function removeAll(site: Site, mesh: MeshName, ledger: Ledger): Promise<void> {
  if (ledger.state('exchange') || ledger.state('rollout-type'))
    await takeBackRollouts(await openCluster(site.kubeconfig), site);
  if (ledger.state('rollouts')) {
    await removeNamespace(site, rolloutsNamespace);
    await removeRights(site, namespace, rolloutsLabels);
    ledger.forget('rollouts');
  }
  if (ledger.state('observability')) {
    await removeObservability(site, mesh);
    ledger.forget('observability');
  }
  if (ledger.state('exchange')) {
    await removeNamespace(site, namespace);
    await removeGatewayClasses(site);
    ledger.forget('exchange');
  }
  if (ledger.state('rollout-type')) {
    await removeRolloutType(site);
    ledger.forget('rollout-type');
  }
  await removeMesh(site, mesh, ledger);
}

/** Prometheus has rights in the namespace of the mesh too. */
async function removeObservability(site: Site, mesh: MeshName): Promise<void> {
  await removeNamespace(site, observabilityNamespace);
  await removeRights(site, mesh === 'istio' ? istioNamespace : linkerdNamespace, observabilityLabels);
}

/** Roles that a part of the kit has in the namespace of another. */
async function removeRights(site: Site, where: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const cluster = await openCluster(site.kubeconfig);
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  for (const kind of ['RoleBinding', 'Role']) {
    for (const { metadata } of await cluster.list(apiVersion, kind, where, labels)) {
      await cluster.remove({ apiVersion, kind, metadata: { name: metadata?.name ?? '', namespace: where } });
    }
  }
}

/** Objects of the exchange that belong to no namespace. */
async function removeGatewayClasses(site: Site): Promise<void> {
  const cluster = await openCluster(site.kubeconfig);
  const [apiVersion, kind] = ['gateway.networking.k8s.io/v1', 'GatewayClass'];
  for (const { metadata } of await cluster.list(apiVersion, kind, namespace, ownLabels)) {
    await cluster.remove({ apiVersion, kind, metadata: { name: metadata?.name ?? '' } });
  }
}

async function removeNamespace(site: Site, name: string): Promise<void> {
  const objects = await site.openObjects();
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await objects.remove(ref);
  await until(
    site,
    removalMs,
    async () => ((await objects.read(ref)) ? 'it is still being deleted' : undefined),
    (missing) =>
      new InstallError('NotGone', `Namespace ${name} does not go: ${missing}`, {
        hint: `Type: kubectl describe namespace ${name}`,
      }),
  );
}
