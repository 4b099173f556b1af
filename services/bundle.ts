import { glob, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BundledProgram, bundlePrograms, type Program } from './program-bundle.ts';

const repo = fileURLToPath(new URL('..', import.meta.url));
const servicesFolder = fileURLToPath(new URL('.', import.meta.url));

export interface BundleOptions {
  /** Names of services; absent: all that have a service.json. */
  readonly services?: readonly string[];
  /** Relative to the repository. */
  readonly outDir?: string;
}

interface ServiceFile {
  readonly name: string;
  readonly releases: Readonly<Record<string, unknown>>;
}

/**
 * Bundles each release into one file; see {@link bundlePrograms}.
 * @throws Error when a service is unknown, an entry file is missing, or the code does not bundle.
 */
export async function bundle({ services, outDir }: BundleOptions = {}): Promise<readonly BundledProgram[]> {
  return bundlePrograms(await releasesOf(services), outDir);
}

async function releasesOf(wanted: readonly string[] | undefined): Promise<readonly Program[]> {
  const found: Program[] = [];
  const names: string[] = [];
  for await (const file of glob('*/service.json', { cwd: servicesFolder })) {
    const { name, releases }: ServiceFile = JSON.parse(await readFile(join(servicesFolder, file), 'utf8'));
    names.push(name);
    if (wanted && !wanted.includes(name)) continue;
    found.push(...Object.keys(releases).map((version) => ({ name, version, entry: entryOf(name, version) })));
  }
  const unknown = wanted?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no service ${unknown}: known are ${names.sort().join(', ')}`);
  return found.sort((a, b) => `${a.name}/${a.version}`.localeCompare(`${b.name}/${b.version}`));
}

function entryOf(service: string, version: string): string {
  return relative(repo, join(servicesFolder, service, 'releases', `${version}.ts`));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [...services] = process.argv.slice(2);
  for (const { image, bytes, built } of await bundle(services.length > 0 ? { services } : {})) {
    process.stdout.write(
      `${built ? 'built    ' : 'unchanged'} ${image.padEnd(36)} ${(bytes / 1024).toFixed(0).padStart(6)} KiB\n`,
    );
  }
}
