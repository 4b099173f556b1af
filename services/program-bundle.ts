import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';

const repo = fileURLToPath(new URL('..', import.meta.url));

/** What becomes one file and the image `parley/<name>:<version>`. */
export interface Program {
  readonly name: string;
  readonly version: string;
  /** Its first file, relative to the repository. */
  readonly entry: string;
}

export interface BundledProgram {
  readonly image: string;
  readonly folder: string;
  readonly bytes: number;
  /** False: nothing that goes into it has changed. */
  readonly built: boolean;
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

/**
 * Bundles each program into one file, `<outDir>/parley/<name>/<version>/main.mjs`, with its image.json. What has not changed, by the content of
 * everything that went into it, is left alone; the rest is built in one go, so that what they share is parsed once.
 * @param outDir relative to the repository
 * @throws Error when an entry file is missing, or the code does not bundle.
 */
export async function bundlePrograms(
  programs: readonly Program[],
  outDir = 'dist/images',
): Promise<readonly BundledProgram[]> {
  const out = resolve(repo, outDir);
  const hashes: Hashes = new Map();
  const found = await Promise.all(programs.map((program) => unchanged(program, out, hashes)));
  const stale = programs.filter((_, index) => found[index] === undefined);
  const built = stale.length > 0 ? await buildAll(stale, out, hashes) : [];
  return programs.map((program, index) => {
    const image = found[index] ?? built[stale.indexOf(program)];
    if (!image) throw new Error(`${imageName(program)} was not built`);
    return image;
  });
}

const imageName = ({ name, version }: Program): string => `parley/${name}:${version}`;
const folderOf = ({ name, version }: Program, out: string): string => join(out, 'parley', name, version);

async function unchanged(program: Program, out: string, hashes: Hashes): Promise<BundledProgram | undefined> {
  const folder = folderOf(program, out);
  const record = join(folder, 'inputs.json');
  if (!existsSync(record)) return undefined;
  const { files, hash, bytes }: Inputs = JSON.parse(await readFile(record, 'utf8'));
  if ((await hashOf(files, hashes)) !== hash) return undefined;
  return { image: imageName(program), folder, bytes, built: false };
}

async function buildAll(programs: readonly Program[], out: string, hashes: Hashes): Promise<BundledProgram[]> {
  const unfinished = join(out, `.unfinished-${process.pid}`);
  await rm(unfinished, { recursive: true, force: true });
  try {
    const metafile = await build(programs, unfinished);
    return await Promise.all(programs.map((program) => finish(program, { out, unfinished, metafile, hashes })));
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

/** Puts a built program into its place, whole or not at all. */
async function finish(program: Program, { out, unfinished, metafile, hashes }: Build): Promise<BundledProgram> {
  const image = imageName(program);
  const made = join(unfinished, program.name, program.version);
  const { size: bytes } = await stat(join(made, 'main.mjs'));
  const files = inputsOf(metafile, program.entry);
  const description = { name: image, command: ['{node}', '--enable-source-maps', 'main.mjs'], sockets: true };
  await writeFile(join(made, 'image.json'), `${JSON.stringify(description, null, 2)}\n`);
  await writeFile(join(made, 'inputs.json'), JSON.stringify({ hash: await hashOf(files, hashes), files, bytes }));
  const folder = folderOf(program, out);
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

async function build(programs: readonly Program[], outdir: string): Promise<Metafile> {
  const esbuild = await import('esbuild');
  const { metafile } = await esbuild.build({
    absWorkingDir: repo,
    entryPoints: programs.map(({ name, version, entry }) => ({ in: entry, out: `${name}/${version}/main` })),
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
