import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import {
  type InstallOptions,
  installValues,
  linkerdCniNamespace,
  linkerdNamespace,
} from '../../mesh/linkerd/install.ts';
import { InstallError } from '../install-error.ts';
import type { Ledger } from '../ledger.ts';
import { objectsOf } from '../manifest.ts';
import { isServed, type ResourceType, resourceTypeRef } from '../resource-type.ts';
import { type ClusterObjects, callAt, type ObjectRef, type Site, until } from '../site.ts';
import type { Step } from '../step.ts';
import {
  type HeldCertificates,
  heldCertificates,
  type LinkerdCertificates,
  linkerdCertificates,
} from './certificates.ts';
import { linkerdArgs } from './command-line.ts';
import {
  acceptOthers,
  differingValues,
  fitsLinkerd,
  installedLinkerd,
  madeBy,
  readyCni,
  unreadyPart,
} from './installed.ts';

const establishedMs = 60_000;

export interface LinkerdOptions extends InstallOptions {
  readonly ledger: Ledger;
  /** Milliseconds since 1970, for the lives of certificates. */
  epochMs(): number;
}

/**
 * Linkerd by its command line, with certificates of the kit (https://linkerd.io/2/tasks/install/). The output is applied by the
 * cluster client, as every other object is. A Linkerd that others installed is used as it is, if its version fits.
 */
export function linkerdSteps(site: Site, options: LinkerdOptions): Step[] {
  const steps = [
    ...(options.capture === 'cni' ? [cniPlugin(site)] : []),
    checkBefore(site, options),
    resourceTypes(site),
    controlPlane(site, options),
    ready(site, options),
  ];
  return steps.map((step) => unlessOfOthers(site, options, step));
}

/** What no step may touch: a Linkerd that is not in the ledger. */
function unlessOfOthers(site: Site, options: LinkerdOptions, step: Step): Step {
  const { ledger } = options;
  return {
    title: step.title,
    async look() {
      if (ledger.state('mesh') !== undefined) return step.look();
      const found = await installedLinkerd(await site.openObjects());
      return found ? acceptOthers(found, options) : step.look();
    },
    async run(say) {
      if (ledger.state('mesh') !== 'begun') ledger.begin('mesh');
      return step.run(say);
    },
  };
}

function cniPlugin(site: Site): Step {
  return {
    title: 'mesh: CNI plug-in',
    async look() {
      const version = await readyCni(await site.openObjects());
      return version !== undefined && fitsLinkerd(version) ? version : undefined;
    },
    async run(say) {
      return `${await applyOutput(site, linkerdArgs.installCni, say)} objects`;
    },
  };
}

/** Whether a Linkerd can be installed at all. It asks for a cluster without the namespace, so it is of use only once. */
function checkBefore(site: Site, { capture }: LinkerdOptions): Step {
  return {
    title: 'mesh: checks before',
    async look() {
      const objects = await site.openObjects();
      return (await objects.read(namespaceRef(linkerdNamespace)))
        ? `namespace ${linkerdNamespace} is there`
        : undefined;
    },
    async run(say) {
      await callLinkerd(site, linkerdArgs.checkBefore(capture), say);
      return 'passed';
    },
  };
}

const serverCrd = resourceTypeRef('servers.policy.linkerd.io');

function resourceTypes(site: Site): Step {
  return {
    title: 'mesh: resource types',
    async look() {
      const version = madeBy(await (await site.openObjects()).read<ObjectRef>(serverCrd));
      return fitsLinkerd(version) ? version : undefined;
    },
    async run(say) {
      const objects = await site.openObjects();
      const there = (await installedLinkerd(objects)) !== undefined;
      const count = await applyOutput(site, linkerdArgs.resourceTypes(there), say);
      await until(
        site,
        establishedMs,
        async () => (isServed(await objects.read<ResourceType>(serverCrd)) ? undefined : serverCrd.metadata.name),
        (missing) =>
          new InstallError('NotEstablished', `the resource types of Linkerd are not served: ${missing}`, {
            hint: 'Type: kubectl get crds, then parley up',
          }),
      );
      return `${count} objects`;
    },
  };
}

function controlPlane(site: Site, options: LinkerdOptions): Step {
  const values = installValues(options);
  return {
    title: 'mesh: control plane',
    async look() {
      const found = await installedLinkerd(await site.openObjects());
      if (!found || !fitsLinkerd(found.version)) return undefined;
      const held = heldCertificates({ folder: folderOf(site), nowMs: options.epochMs() });
      if (!held) return undefined;
      const wanted = { ...values, ...certificateValues(held) };
      return differingValues(wanted, found.values).length === 0 ? `Linkerd ${found.version}` : undefined;
    },
    async run(say) {
      const there = (await installedLinkerd(await site.openObjects())) !== undefined;
      const made = await certificates(site, options);
      const file = join(folderOf(site), 'values.yaml');
      writeFileSync(file, stringify(values, { lineWidth: 0 }), { mode: 0o600 });
      const { anchors, issuer, issuerKeyPath, issuerEndsMs } = made;
      const files = { values: file, anchors: anchors.path, issuer: issuer.path, issuerKey: issuerKeyPath };
      const count = await applyOutput(site, linkerdArgs.controlPlane(there, files), say);
      return `${count} objects, its issuer until ${new Date(issuerEndsMs).toISOString().slice(0, 10)}`;
    },
  };
}

/** The parts of the certificates that a control plane shows of itself. */
function certificateValues({ anchors, issuer }: HeldCertificates) {
  return { identityTrustAnchorsPEM: anchors, identity: { issuer: { tls: { crtPEM: issuer } } } };
}

function certificates(site: Site, { epochMs, trustDomain }: LinkerdOptions): Promise<LinkerdCertificates> {
  return linkerdCertificates({ folder: folderOf(site), nowMs: epochMs(), trustDomain });
}

function ready(site: Site, { ledger }: LinkerdOptions): Step {
  return {
    title: 'mesh: ready',
    async look() {
      if (ledger.state('mesh') !== 'made') return undefined;
      return (await unreadyPart(await site.openObjects())) === undefined ? 'all parts' : undefined;
    },
    async run(say) {
      await callLinkerd(site, linkerdArgs.check, say);
      ledger.finish('mesh');
      return 'linkerd check passed';
    },
  };
}

/** Runs `linkerd` and applies what it prints, in its order; returns the number of objects. */
async function applyOutput(site: Site, args: readonly string[], say: (detail: string) => void): Promise<number> {
  const output = await callLinkerd(site, args);
  const objects = await site.openObjects();
  const made = objectsOf(output, `the output of linkerd ${args[0]}`);
  if (made.length === 0) {
    throw new InstallError('NoObjects', `linkerd ${args.join(' ')} printed no objects`, {
      hint: 'Type: linkerd version',
    });
  }
  for (const object of made) {
    say(`${object.kind} ${object.metadata.name}`);
    await objects.serverApply(object);
  }
  return made.length;
}

/** Objects are put into the namespaces of the charts, so a user's own choice of another namespace must not reach the program. */
function callLinkerd(site: Site, args: readonly string[], say?: (detail: string) => void): Promise<string> {
  const env = { ...site.env, LINKERD_NAMESPACE: undefined };
  return callAt(
    { ...site, env },
    {
      program: 'linkerd',
      args,
      hint: `Type: KUBECONFIG=${site.kubeconfig} linkerd check`,
      ...(say ? { onLine: (line: string) => say(line.trim()) } : {}),
    },
  );
}

function folderOf({ home }: Site): string {
  return join(home, 'linkerd');
}

function namespaceRef(name: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/**
 * Takes a Linkerd away that this kit installed, its resource types included; the certificates stay for the next one. Linkerd
 * refuses while Pods of others have its sidecars.
 */
export async function removeLinkerd(site: Site): Promise<void> {
  const objects = await site.openObjects();
  await removeOutput(site, objects, linkerdArgs.uninstall);
  if (await objects.read(namespaceRef(linkerdCniNamespace))) await removeOutput(site, objects, linkerdArgs.installCni);
}

async function removeOutput(site: Site, objects: ClusterObjects, args: readonly string[]): Promise<void> {
  const made = objectsOf(await callLinkerd(site, args), `the output of linkerd ${args[0]}`);
  for (const object of made.reverse()) await objects.remove(object);
}
