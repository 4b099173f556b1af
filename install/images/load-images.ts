import { InstallError } from '../install-error.ts';
import { callProgram } from '../program.ts';
import { docker, type EngineOptions, imagesInEngine } from './engine.ts';
import { fullName, isFixedByDigest, isRelease } from './image-name.ts';

export interface LoadOptions extends EngineOptions {
  readonly say?: (detail: string) => void;
}

/** What became of the images that a kind cluster is to have, by the names that were given. */
export interface LoadedImages {
  readonly loaded: readonly string[];
  /** Every node had them. */
  readonly there: readonly string[];
  /** The engine has them not, or cannot hand them over: the nodes pull them. */
  readonly left: readonly string[];
}

/**
 * Loads into the nodes of a kind cluster what they lack and the engine has, in one call; public images that the engine lacks are left for the
 * nodes to pull. Throws InstallError: `ImageNotBuilt` for a release that is in neither place, `ProgramFailed` with kind's last lines.
 */
export async function loadImages(
  cluster: string,
  names: readonly string[],
  options: LoadOptions,
): Promise<LoadedImages> {
  const [inNodes, inEngine] = await Promise.all([imagesInNodes(cluster, options), imagesInEngine(options)]);
  const parts = sortOut(names, inNodes, inEngine);
  const unbuilt = parts.left.find(isRelease);
  if (unbuilt !== undefined) {
    throw new InstallError('ImageNotBuilt', `${unbuilt} is in neither the engine nor cluster ${cluster}`, {
      hint: 'Type: make images',
    });
  }
  return load(cluster, parts, options);
}

/** Which of the images are where; each name is looked at once. */
export function sortOut(
  names: readonly string[],
  inNodes: ReadonlySet<string>,
  inEngine: ReadonlySet<string>,
): LoadedImages {
  const parts = Object.groupBy(new Set(names), (name) => {
    if (inNodes.has(fullName(name))) return 'there';
    return !isFixedByDigest(name) && inEngine.has(fullName(name)) ? 'loaded' : 'left';
  });
  return { loaded: parts.loaded ?? [], there: parts.there ?? [], left: parts.left ?? [] };
}

/**
 * An engine with containerd's image store writes the whole index of an image that it pulled for one platform, and kind cannot take that
 * (https://github.com/kubernetes-sigs/kind/issues/3795). Ours are for one platform; the others are pulled by the nodes then.
 */
const incompleteIndex = /content digest sha256:[0-9a-f]+: not found/;

async function load(cluster: string, parts: LoadedImages, options: LoadOptions): Promise<LoadedImages> {
  const { loaded, there, left } = parts;
  if (loaded.length === 0) return parts;
  const ours = loaded.filter(isRelease);
  options.say?.(`loading ${loaded.length} images into cluster ${cluster}`);
  try {
    await kindLoad(cluster, loaded, options);
    return parts;
  } catch (error) {
    const isKnown = error instanceof InstallError && incompleteIndex.test(String(error.cause));
    if (!isKnown || ours.length === loaded.length) throw error;
  }
  const others = loaded.filter((name) => !isRelease(name));
  options.say?.(`the engine holds ${others.join(', ')} for one platform only: the nodes pull them`);
  if (ours.length > 0) await kindLoad(cluster, ours, options);
  return { loaded: ours, there, left: [...left, ...others] };
}

async function kindLoad(cluster: string, names: readonly string[], { env, signal }: LoadOptions): Promise<void> {
  const args = ['load', 'docker-image', '--name', cluster, ...names];
  await callProgram({ program: 'kind', args, env, signal, hint: `Type: kind get nodes --name ${cluster}` });
}

/** Full names of the images that every node has. */
async function imagesInNodes(cluster: string, options: LoadOptions): Promise<ReadonlySet<string>> {
  const { env, signal } = options;
  const hint = 'Type: kind get clusters';
  const listed = await callProgram({ program: 'kind', args: ['get', 'nodes', '--name', cluster], env, signal, hint });
  const nodes = listed.split('\n').filter(Boolean);
  if (nodes.length === 0) throw new InstallError('NoSuchCluster', `kind has no cluster ${cluster}`, { hint });
  const perNode = await Promise.all(
    nodes.map((node) => docker(['exec', node, 'ctr', '--namespace', 'k8s.io', 'images', 'ls', '--quiet'], options)),
  );
  const [first = [], ...rest] = perNode.map((text) => text.split('\n').filter(Boolean));
  return new Set(first.filter((name) => rest.every((others) => others.includes(name))));
}
