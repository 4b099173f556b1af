import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Metafile } from 'esbuild';

const repo = fileURLToPath(new URL('..', import.meta.url));
const servicesFolder = fileURLToPath(new URL('.', import.meta.url));

export interface BundleOptions {
  /** Names of services; absent: all that have a service.json. */
  readonly services?: readonly string[];
  /** Relative to the repository. */
  readonly outDir?: string;
}

export interface BundledRelease {
  readonly image: string;
  readonly folder: string;
  readonly bytes: number;
  /** False: nothing that goes into it has changed. */
  readonly built: boolean;
}

interface ServiceFile {
  readonly name: string;
  readonly releases: Readonly<Record<string, unknown>>;
}

/** What went into a bundle, as the run before wrote it. */
interface Inputs {
  readonly hash: string;
  /** Relative to the repository. */
  readonly files: readonly string[];
  readonly bytes: number;
}

/** Content hash of each file, read once. */
type Hashes = Map<string, Promise<string>>;

interface Release {
  readonly service: string;
  readonly version: string;
}

/**
 * Bundles each release into one file, `<outDir>/parley/<service>/<version>/main.mjs`, with its image.json. What has not changed, by the content of
 * everything that went into it, is left alone; the rest is built in one go, so that what releases share is parsed once.
 * @throws Error when a service is unknown, an entry file is missing, or the code does not bundle.
 */
export async function bundle({
  services,
  outDir = 'dist/images',
}: BundleOptions = {}): Promise<readonly BundledRelease[]> {
  const releases = await releasesOf(services);
  const out = resolve(repo, outDir);
  const hashes: Hashes = new Map();
  const found = await Promise.all(releases.map((release) => unchanged(release, out, hashes)));
  const stale = releases.filter((_, index) => found[index] === undefined);
  const built = stale.length > 0 ? await buildAll(stale, out, hashes) : [];
  return releases.map((release, index) => {
    const image = found[index] ?? built[stale.indexOf(release)];
    if (!image) throw new Error(`${imageName(release)} was not built`);
    return image;
  });
}

async function releasesOf(wanted: readonly string[] | undefined): Promise<readonly Release[]> {
  const found: Release[] = [];
  const names: string[] = [];
  for await (const file of glob('*/service.json', { cwd: servicesFolder })) {
    const service: ServiceFile = JSON.parse(await readFile(join(servicesFolder, file), 'utf8'));
    names.push(service.name);
    if (wanted && !wanted.includes(service.name)) continue;
    found.push(...Object.keys(service.releases).map((version) => ({ service: service.name, version })));
  }
  const unknown = wanted?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no service ${unknown}: known are ${names.sort().join(', ')}`);
  return found.sort((a, b) => `${a.service}/${a.version}`.localeCompare(`${b.service}/${b.version}`));
}

const imageName = ({ service, version }: Release): string => `parley/${service}:${version}`;
const folderOf = ({ service, version }: Release, out: string): string => join(out, 'parley', service, version);

async function unchanged(release: Release, out: string, hashes: Hashes): Promise<BundledRelease | undefined> {
  const folder = folderOf(release, out);
  const record = join(folder, 'inputs.json');
  if (!existsSync(record)) return undefined;
  const { files, hash, bytes }: Inputs = JSON.parse(await readFile(record, 'utf8'));
  if ((await hashOf(files, hashes)) !== hash) return undefined;
  return { image: imageName(release), folder, bytes, built: false };
}

async function buildAll(releases: readonly Release[], out: string, hashes: Hashes): Promise<BundledRelease[]> {
  const unfinished = join(out, `.unfinished-${process.pid}`);
  await rm(unfinished, { recursive: true, force: true });
  try {
    const metafile = await build(releases, unfinished);
    return await Promise.all(releases.map((release) => finish(release, { out, unfinished, metafile, hashes })));
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

interface Build {
  readonly out: string;
  readonly unfinished: string;
  readonly metafile: Metafile;
  readonly hashes: Hashes;
}

/** Puts a built release into its place, whole or not at all. */
async function finish(release: Release, { out, unfinished, metafile, hashes }: Build): Promise<BundledRelease> {
  const image = imageName(release);
  const made = join(unfinished, release.service, release.version);
  const { size: bytes } = await stat(join(made, 'main.mjs'));
  const files = inputsOf(metafile, entryOf(release));
  const description = { name: image, command: ['{node}', '--enable-source-maps', 'main.mjs'], sockets: true };
  await writeFile(join(made, 'image.json'), `${JSON.stringify(description, null, 2)}\n`);
  await writeFile(join(made, 'inputs.json'), JSON.stringify({ hash: await hashOf(files, hashes), files, bytes }));
  const folder = folderOf(release, out);
  await mkdir(dirname(folder), { recursive: true });
  await rm(folder, { recursive: true, force: true });
  await rename(made, folder);
  return { image, folder, bytes, built: true };
}

/** One hash over all inputs; files of packages count by the lockfile, which pins them. */
async function hashOf(files: readonly string[], hashes: Hashes): Promise<string> {
  const whole = createHash('sha256');
  for (const file of files) {
    const known = hashes.get(file) ?? contentHash(join(repo, file));
    hashes.set(file, known);
    whole.update(`${file} ${await known}\n`);
  }
  return whole.digest('hex');
}

async function contentHash(path: string): Promise<string> {
  if (!existsSync(path)) return 'absent';
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

const entryOf = ({ service, version }: Release): string =>
  relative(repo, join(servicesFolder, service, 'releases', `${version}.ts`));

async function build(releases: readonly Release[], outdir: string): Promise<Metafile> {
  const esbuild = await import('esbuild');
  const { metafile } = await esbuild.build({
    absWorkingDir: repo,
    entryPoints: releases.map((release) => ({
      in: entryOf(release),
      out: `${release.service}/${release.version}/main`,
    })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'error',
    mainFields: ['module', 'main'],
    // Packages in CommonJS ask for Node's own modules by require.
    banner: {
      js: `import{createRequire as parleyRequire}from'node:module';const require=parleyRequire(import.meta.url);`,
    },
  });
  return metafile;
}

/** Our own files that an entry reaches, relative to the repository; packages count by the lockfile. */
function inputsOf(metafile: Metafile, entry: string): string[] {
  const reached = new Set([entry]);
  for (const file of reached) {
    for (const { path, external } of metafile.inputs[file]?.imports ?? []) {
      if (!external && !path.includes('node_modules/')) reached.add(path);
    }
  }
  return [...reached, 'package-lock.json', relative(repo, fileURLToPath(import.meta.url))].sort();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [...services] = process.argv.slice(2);
  for (const { image, bytes, built } of await bundle(services.length > 0 ? { services } : {})) {
    process.stdout.write(
      `${built ? 'built    ' : 'unchanged'} ${image.padEnd(36)} ${(bytes / 1024).toFixed(0).padStart(6)} KiB\n`,
    );
  }
}
