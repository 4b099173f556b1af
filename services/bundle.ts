import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

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

interface Release {
  readonly service: string;
  readonly version: string;
}

/**
 * Bundles each release into one file, `<outDir>/parley/<service>/<version>/main.mjs`, with its image.json. What has not changed, by the content of
 * everything that went into it, is left alone.
 * @throws Error when a service is unknown, an entry file is missing, or the code does not bundle.
 */
export async function bundle({
  services,
  outDir = 'dist/images',
}: BundleOptions = {}): Promise<readonly BundledRelease[]> {
  const releases = await releasesOf(services);
  const out = resolve(repo, outDir);
  const hashes = new Map<string, Promise<string>>();
  return Promise.all(releases.map((release) => bundleRelease(release, out, hashes)));
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

async function bundleRelease(
  { service, version }: Release,
  out: string,
  hashes: Map<string, Promise<string>>,
): Promise<BundledRelease> {
  const image = `parley/${service}:${version}`;
  const folder = join(out, 'parley', service, version);
  const record = join(folder, 'inputs.json');
  if (existsSync(record)) {
    const before: Inputs = JSON.parse(await readFile(record, 'utf8'));
    if ((await hashOf(before.files, hashes)) === before.hash)
      return { image, folder, bytes: before.bytes, built: false };
  }
  const unfinished = `${folder}.unfinished-${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const files = await build(join(servicesFolder, service, 'releases', `${version}.ts`), join(unfinished, 'main.mjs'));
  const { size: bytes } = await stat(join(unfinished, 'main.mjs'));
  const description = { name: image, command: ['{node}', '--enable-source-maps', 'main.mjs'], sockets: true };
  await writeFile(join(unfinished, 'image.json'), `${JSON.stringify(description, null, 2)}\n`);
  await writeFile(join(unfinished, 'inputs.json'), JSON.stringify({ hash: await hashOf(files, hashes), files, bytes }));
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
  return { image, folder, bytes, built: true };
}

/** One hash over all inputs; files of packages count by the lockfile, which pins them. */
async function hashOf(files: readonly string[], hashes: Map<string, Promise<string>>): Promise<string> {
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

/** Returns what went in, relative to the repository. */
async function build(entry: string, outfile: string): Promise<readonly string[]> {
  const esbuild = await import('esbuild');
  const { metafile } = await esbuild.build({
    absWorkingDir: repo,
    entryPoints: [entry],
    outfile,
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
  const own = Object.keys(metafile.inputs).filter((file) => !file.includes('node_modules/'));
  return [...new Set([...own, 'package-lock.json', relative(repo, fileURLToPath(import.meta.url))])].sort();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [...services] = process.argv.slice(2);
  for (const { image, bytes, built } of await bundle(services.length > 0 ? { services } : {})) {
    process.stdout.write(
      `${built ? 'built    ' : 'unchanged'} ${image.padEnd(36)} ${(bytes / 1024).toFixed(0).padStart(6)} KiB\n`,
    );
  }
}
