import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCatalogue } from '../../charts/catalogue.ts';
import { controllerImage, controllerProgram } from '../../rollout/deploy/program.ts';
import { bundle } from '../../services/bundle.ts';
import { type BundledProgram, bundlePrograms } from '../../services/program-bundle.ts';
import { InstallError } from '../install-error.ts';
import { buildCommand, type Platform, pushCommand } from './build-command.ts';
import { docker, type EngineOptions, imagesInEngine } from './engine.ts';
import { fullName } from './image-name.ts';
import { baseImages, contentDigest, labelsOf, labelsOfProgram, type ReleaseImage, tagOf } from './release-image.ts';

export interface Push {
  /** `registry.example/team`: what the images' names begin with. */
  readonly registry: string;
  /** Under one tag, built by buildx; absent: the engine's own platform. */
  readonly platforms?: readonly Platform[];
}

export interface BuildOptions extends EngineOptions {
  /** The clone. */
  readonly repo: string;
  /** Services, and `rollouts` for the controller of rollouts; absent: all that have a service.json, and it. */
  readonly services?: readonly string[];
  /** Absent: the images stay in the engine. */
  readonly push?: Push;
  /** Builds at a time. */
  readonly parallel?: number;
  /** Progress, in a few words. */
  readonly say?: (detail: string) => void;
}

/** What became of an image; `name` to `tag` is what `RenderOptions.images` wants. */
export interface BroughtImage {
  /** As charts call it: `parley/accounts:1.4.0`. */
  readonly name: string;
  /** As clusters call it: `parley/accounts:1.4.0-3f9a2c41b7d0`. */
  readonly tag: string;
  /** False: the engine had it. */
  readonly built: boolean;
  readonly pushed: boolean;
}

/**
 * Bundles the releases and the kit's own controller, and builds an image of each that the engine does not have; with a registry, pushes them. The first failure ends the rest.
 * Throws InstallError with docker's last lines, or `BundleFailed`.
 */
export async function bringImages(options: BuildOptions): Promise<readonly BroughtImage[]> {
  const { signal, say = () => {}, parallel = 4 } = options;
  say('bundling the programs');
  const images = await releaseImages(options);
  const failed = new AbortController();
  const either = { ...options, signal: AbortSignal.any([signal, failed.signal]) };
  const there = await imagesInEngine(either);
  let done = 0;
  return inParallel(images, parallel, async (image) => {
    try {
      const brought = await bring(image, there.has(fullName(image.tag)), either);
      done += 1;
      say(`${done} of ${images.length}: ${image.name} ${brought.built ? 'built' : 'there'}`);
      return brought;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
}

async function bring(image: ReleaseImage, there: boolean, options: BuildOptions): Promise<BroughtImage> {
  const { repo, push } = options;
  const { name, tag } = image;
  if (push?.platforms) {
    await docker(pushCommand(image, dockerfileOf(repo), push.platforms), options);
    return { name, tag, built: true, pushed: true };
  }
  if (!there) await docker(buildCommand(image, dockerfileOf(repo)), options);
  if (push) await docker(['push', '--quiet', tag], options);
  return { name, tag, built: !there, pushed: push !== undefined };
}

const dockerfileOf = (repo: string): string => join(repo, 'install/images/Dockerfile');

/** What there is to build, with the bundles made; nothing is built. */
export async function releaseImages({ repo, env, services, push }: BuildOptions): Promise<ReleaseImage[]> {
  const catalogue = readCatalogue(join(repo, 'services'));
  const { license } = JSON.parse(await readFile(join(repo, 'package.json'), 'utf8')) as { readonly license: string };
  const dockerfile = await hashOf(dockerfileOf(repo));
  const bases = baseImages(env);
  const bundled = await bundledPrograms(services);
  return Promise.all(
    bundled.map(async ({ image: name, folder }) => {
      const labels =
        name === controllerImage
          ? labelsOfProgram(controllerProgram, bases, license)
          : labelsOf(name, catalogue, bases, license);
      const [code, map] = await Promise.all(['main.mjs', 'main.mjs.map'].map((file) => hashOf(join(folder, file))));
      const files = { Dockerfile: dockerfile, 'main.mjs': String(code), 'main.mjs.map': String(map) };
      return { name, tag: tagOf(name, contentDigest({ files, bases, labels }), push?.registry), folder, bases, labels };
    }),
  );
}

async function bundledPrograms(wanted: readonly string[] | undefined): Promise<readonly BundledProgram[]> {
  const { name } = controllerProgram;
  const services = wanted?.filter((each) => each !== name);
  try {
    const releases = await bundle(services ? { services } : {});
    const own = !wanted || wanted.includes(name) ? await bundlePrograms([controllerProgram]) : [];
    return [...releases, ...own];
  } catch (cause) {
    const hint = 'Type: make typecheck';
    throw new InstallError('BundleFailed', 'the releases and programs cannot be bundled', { cause, hint });
  }
}

async function hashOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

/** Results in the order of the items, at most `limit` at work; rejects with the first failure once nothing is at work any more. */
async function inParallel<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const failures: unknown[] = [];
  const take = async () => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, take));
  if (failures.length > 0) throw failures[0];
  return results;
}
