import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { MeshName } from '../mesh/intent.ts';
import { type GatewayApiPin, versionFit, versions } from '../mesh/versions.ts';
import { type Bundle, bundleSaid, loadBundle, releaseUrl } from './gateway-api-bundle.ts';
import { InstallError } from './install-error.ts';
import type { Ledger } from './ledger.ts';
import { objectsOf } from './manifest.ts';
import { isServed, type ResourceType, resourceTypeRef } from './resource-type.ts';
import { type ClusterObjects, type ObjectRef, type Site, until } from './site.ts';
import type { Step } from './step.ts';

const group = 'gateway.networking.k8s.io';
/** The kinds that the objects of this kit and its meshes are of. */
const needed = ['gatewayclasses', 'gateways', 'httproutes', 'grpcroutes', 'tcproutes', 'referencegrants'];
const establishedMs = 60_000;

/** The resource types of the Gateway API, of the bundle that goes with the mesh. */
export function gatewayApiStep(site: Site, mesh: MeshName, ledger: Ledger): Step {
  const pin: GatewayApiPin = versions.meshes[mesh].gatewayApi;
  return {
    title: 'Gateway API',
    async look() {
      const found = await installed(await site.openObjects());
      const verdict = judgeInstalled(found.map(bundleSaid), pin);
      if (verdict.state === 'good') return verdict.bundle;
      if (verdict.state === 'other' && ledger.state('gateway-api') === undefined)
        throw bundleOfOthers(verdict, mesh, pin);
      return undefined;
    },
    async run(say) {
      const objects = await site.openObjects();
      const bundle = await loadBundle(site, pin);
      requireFit(bundle, mesh, pin);
      ledger.begin('gateway-api');
      writeInstalled(site, bundle.objects);
      for (const object of bundle.objects) {
        say(object.metadata.name);
        await objects.serverApply(object);
      }
      await untilEstablished(site, objects);
      ledger.finish('gateway-api');
      return `${bundle.version} ${bundle.channel}, installed`;
    },
  };
}

/** What the needed kinds in the cluster say of their bundle: `1.6.1 experimental` for each that is there. Pure. */
export function judgeInstalled(
  said: readonly string[],
  pin: Pick<GatewayApiPin, 'version' | 'channel'>,
): { readonly state: 'none' } | { readonly state: 'good' | 'other'; readonly bundle: string } {
  if (said.length === 0) return { state: 'none' };
  const bundles = [...new Set(said)];
  const bundle = bundles.join(' and ');
  const good = said.length === needed.length && bundles.length === 1 && fits(bundle, pin);
  return { state: good ? 'good' : 'other', bundle };
}

function fits(bundle: string, pin: Pick<GatewayApiPin, 'version' | 'channel'>): boolean {
  const [version = '', channel] = bundle.split(' ');
  if (channel !== pin.channel || !/^\d/.test(version)) return false;
  return ['same', 'other patch'].includes(versionFit(pin.version, version));
}

function requireFit({ version, channel }: Bundle, mesh: MeshName, pin: GatewayApiPin): void {
  if (fits(`${version} ${channel}`, pin)) return;
  throw new InstallError(
    'BundleVersion',
    `PARLEY_GATEWAY_API holds the Gateway API ${version} (${channel}); ${mesh} goes with ${pin.version} (${pin.channel})`,
    { hint: `Type: unset PARLEY_GATEWAY_API   (or give it ${releaseUrl(pin)})` },
  );
}

function bundleOfOthers({ bundle }: { readonly bundle: string }, mesh: MeshName, pin: GatewayApiPin): InstallError {
  return new InstallError(
    'BundleOfOthers',
    `the cluster has the Gateway API ${bundle}, which parley did not install; ${mesh} goes with ${pin.version} (${pin.channel}): ${pin.reason}`,
    { hint: `Type: parley up --target kind --mesh ${mesh}   (or put it in place yourself: ${releaseUrl(pin)})` },
  );
}

async function installed(objects: ClusterObjects): Promise<ResourceType[]> {
  const names = needed.map((plural) => `${plural}.${group}`);
  const found = await Promise.all(names.map((name) => objects.read<ResourceType>(resourceTypeRef(name))));
  return found.filter((each) => each !== undefined);
}

function untilEstablished(site: Site, objects: ClusterObjects): Promise<void> {
  const look = async () => {
    const ready = (await installed(objects)).filter(isServed);
    return ready.length === needed.length ? undefined : `${ready.length} of ${needed.length} kinds are served`;
  };
  return until(
    site,
    establishedMs,
    look,
    (missing) =>
      new InstallError('NotEstablished', `the Gateway API is not served: ${missing}`, {
        hint: 'Type: kubectl get crds, then parley up',
      }),
  );
}

/** Takes away the objects of the bundle that was applied, the last first, and with its resource types every object of theirs. */
export async function removeGatewayApi(site: Site, mesh: MeshName): Promise<void> {
  const objects = await site.openObjects();
  const made = readInstalled(site) ?? (await loadBundle(site, versions.meshes[mesh].gatewayApi)).objects;
  for (const object of [...made].reverse()) await objects.remove(object);
  rmSync(installedFile(site), { force: true });
}

const installedFile = ({ home }: Site) => join(home, 'gateway-api.yaml');

/** Names of what is applied, for a removal when the bundle is not at hand any more. */
function writeInstalled(site: Site, objects: readonly ObjectRef[]): void {
  const names = objects.map(({ apiVersion, kind, metadata: { name, namespace } }) => ({
    ...{ apiVersion, kind },
    metadata: { name, ...(namespace ? { namespace } : {}) },
  }));
  mkdirSync(site.home, { recursive: true, mode: 0o700 });
  writeFileSync(`${installedFile(site)}.new`, names.map((name) => stringify(name)).join('---\n'), { mode: 0o600 });
  renameSync(`${installedFile(site)}.new`, installedFile(site));
}

function readInstalled(site: Site): readonly ObjectRef[] | undefined {
  if (!existsSync(installedFile(site))) return undefined;
  return objectsOf(readFileSync(installedFile(site), 'utf8'), installedFile(site));
}
