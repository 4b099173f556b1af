import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GatewayApiPin } from '../mesh/versions.ts';
import { InstallError } from './install-error.ts';
import { objectsOf } from './manifest.ts';
import type { ObjectRef, Site } from './site.ts';

/** Annotations of every CRD of a bundle (https://gateway-api.sigs.k8s.io/concepts/versioning/). */
const bundleAnnotations = {
  version: 'gateway.networking.k8s.io/bundle-version',
  channel: 'gateway.networking.k8s.io/channel',
} as const;

/** One release of the Gateway API's resource types. */
export interface Bundle {
  /** `1.6.1` */
  readonly version: string;
  readonly channel: string;
  readonly objects: readonly ObjectRef[];
}

/** Where the project publishes a bundle. */
export function releaseUrl({ version, channel }: Pick<GatewayApiPin, 'version' | 'channel'>): string {
  return `https://github.com/kubernetes-sigs/gateway-api/releases/download/v${version}/${channel}-install.yaml`;
}

/** The bundle of PARLEY_GATEWAY_API (a file or a folder), else the pinned release, downloaded once into the state folder. */
export async function loadBundle(site: Site, pin: Pick<GatewayApiPin, 'version' | 'channel'>): Promise<Bundle> {
  const own = site.env.PARLEY_GATEWAY_API;
  if (own) return bundleOf(readOwn(own), `PARLEY_GATEWAY_API=${own}`);
  return bundleOf(objectsOf(await release(site, pin), releaseUrl(pin)), releaseUrl(pin));
}

function readOwn(path: string): ObjectRef[] {
  if (!existsSync(path)) {
    throw new InstallError('BundleMissing', `PARLEY_GATEWAY_API=${path}: there is no such file or folder`, {
      hint: 'Type: unset PARLEY_GATEWAY_API   (the release is downloaded then)',
    });
  }
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => /\.ya?ml$/.test(name) && !/^kustomization\./.test(name))
        .sort()
        .map((name) => join(path, name))
    : [path];
  return files.flatMap((file) => objectsOf(readFileSync(file, 'utf8'), file));
}

async function release(site: Site, pin: Pick<GatewayApiPin, 'version' | 'channel'>): Promise<string> {
  const file = join(site.home, 'cache', `gateway-api-${pin.version}-${pin.channel}.yaml`);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const url = releaseUrl(pin);
  const failed = (why: string, cause?: unknown) =>
    new InstallError('DownloadFailed', `${url} cannot be downloaded: ${why}`, {
      cause,
      hint: 'Download it yourself and type: PARLEY_GATEWAY_API=<file> parley up',
    });
  const answer = await fetch(url, { signal: site.signal }).catch((cause) => {
    site.signal.throwIfAborted();
    throw failed('no connection', cause);
  });
  if (!answer.ok) throw failed(`status ${answer.status}`);
  const text = await answer.text();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  return text;
}

/** What the CRDs say of themselves; all must be of one bundle. Pure. Throws InstallError `BadBundle`. */
export function bundleOf(objects: readonly ObjectRef[], source: string): Bundle {
  const kinds = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const said = new Set(kinds.map(bundleSaid));
  const [one = ''] = said;
  const [version, channel] = one.split(' ');
  if (said.size === 1 && version && channel) return { version, channel, objects };
  const why = kinds.length === 0 ? 'it holds no CustomResourceDefinition' : `it holds ${[...said].join(' and ')}`;
  throw new InstallError('BadBundle', `${source} is no bundle of the Gateway API: ${why}`, {
    hint: 'Type: unset PARLEY_GATEWAY_API   (the release is downloaded then)',
  });
}

/** `1.6.1 experimental`, as an installed or an unpacked CRD says. */
export function bundleSaid({ metadata }: Pick<ObjectRef, 'metadata'>): string {
  const version = metadata.annotations?.[bundleAnnotations.version]?.replace(/^v/, '');
  return `${version ?? 'no version'} ${metadata.annotations?.[bundleAnnotations.channel] ?? 'no channel'}`;
}
