import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ContainerError, messageOf } from './runtime-error.ts';

/** A program that Pods can run, as docs/architecture.md describes image.json. */
export interface Image {
  readonly name: string;
  /** With the placeholders filled in. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute: the image's folder. Relative files of a command are looked up here. */
  readonly dir: string;
  /** `sha256:...` over the names, sizes and times of its files. */
  readonly id: string;
}

export interface Images {
  /** Throws `ContainerError` ErrImagePull with the list of known images. */
  resolve(name: string): Image;
}

export interface ImageOptions {
  /** Folders that are searched for `image.json`, the first that has a name wins. */
  readonly roots: readonly string[];
  readonly repo: string;
  readonly node: string;
  /** Asked for when an image uses `{envoy}`. */
  readonly envoy: () => string;
}

/** Finds images on disk at every start of a container: what was built a moment ago is there. */
export function createImages(options: ImageOptions): Images {
  return {
    resolve(name) {
      const folders = options.roots.flatMap(imageFolders);
      const known = folders.map((dir) => ({ dir, declared: readImage(dir) }));
      const found = known.find(({ declared }) => declared.name === name);
      if (found === undefined)
        throw missing(
          name,
          known.map(({ declared }) => declared.name),
        );
      const { dir, declared } = found;
      const fill = (text: string) => fillPlaceholders(text, dir, options);
      const env = Object.fromEntries(Object.entries(declared.env ?? {}).map(([key, value]) => [key, fill(value)]));
      return { name, command: declared.command.map(fill), env, dir, id: imageId(dir) };
    },
  };
}

/** Nothing is pulled here: what runs is a program of this repository, by the tags that it has. */
function wayOut(name: string, known: readonly string[]): string {
  const repository = name.replace(/:[^:/]*$/, '');
  const tags = known.filter((each) => each.startsWith(`${repository}:`)).sort();
  if (tags.length > 0) return `it has: ${tags.join(', ')}; build what is new with: node services/bundle.ts`;
  const repositories = [...new Set(known.map((each) => each.replace(/:[^:/]*$/, '')))].sort();
  return `the embedded cluster pulls nothing and knows only: ${repositories.join(', ')}; a folder with an image.json under dist/images adds one`;
}

function missing(name: string, known: readonly string[]): ContainerError {
  return new ContainerError('ImagePullBackOff', `image "${name}" is not on this machine; ${wayOut(name, known)}`, {
    firstReason: 'ErrImagePull',
  });
}

interface DeclaredImage {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function imageFolders(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === 'image.json' && entry.isFile())
    .map((entry) => entry.parentPath)
    .sort();
}

function readImage(dir: string): DeclaredImage {
  const file = path.join(dir, 'image.json');
  let value: Partial<DeclaredImage>;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ContainerError(
      'ErrImagePull',
      `${file} cannot be read: ${messageOf(error)}; build it again: node services/bundle.ts`,
    );
  }
  const { name, command } = value;
  if (typeof name !== 'string' || !Array.isArray(command) || command.length === 0) {
    throw new ContainerError(
      'ErrImagePull',
      `${file}: "name" and "command" are required; build it again: node services/bundle.ts`,
    );
  }
  return { ...value, name, command };
}

function fillPlaceholders(text: string, dir: string, { node, envoy, repo }: ImageOptions): string {
  return text.replaceAll(/\{(\w+)\}/g, (_whole, key: string) => {
    if (key === 'node') return node;
    if (key === 'image') return dir;
    if (key === 'repo') return repo;
    if (key === 'envoy') return envoy();
    throw new ContainerError(
      'InvalidImageName',
      `${dir}/image.json: {${key}} is none of {node}, {envoy}, {image}, {repo}`,
    );
  });
}

function imageId(dir: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(dir).sort()) {
    const { size, mtimeMs } = statSync(path.join(dir, name));
    hash.update(`${name}\0${size}\0${mtimeMs}\n`);
  }
  return `sha256:${hash.digest('hex')}`;
}
