import { createHash } from 'node:crypto';
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Compiled } from './compile.ts';
import { files, type Resource } from './resource.ts';

/** One file that Envoy follows: its content and the version by which Envoy tells that it has it. */
export interface ConfigFile {
  readonly path: string;
  readonly version: string;
  readonly resources: readonly Resource[];
}

/** The files of a sidecar, by path. */
export type ConfigFiles = ReadonlyMap<string, ConfigFile>;

/** The version is made from the content, so that it means the same to every daemon that comes later. */
export function configFile(path: string, resources: readonly Resource[]): ConfigFile {
  return {
    path,
    resources,
    version: createHash('sha256').update(JSON.stringify(resources)).digest('hex').slice(0, 16),
  };
}

export function filesOf(compiled: Compiled): ConfigFiles {
  return new Map(
    [
      configFile(files.listeners, compiled.listeners),
      configFile(files.clusters, compiled.clusters),
      configFile(files.routes, [compiled.routes]),
      ...compiled.secrets.map((secret) => configFile(files.secret(secret.name), [secret])),
    ].map((file) => [file.path, file]),
  );
}

/**
 * Writes a file beside its place and renames it: Envoy follows renames and nothing else. Secrets are in some, so that all
 * of them are for the owner alone. Throws what the file system says (a full disk, for one); the old file then stands.
 */
export function writeConfig(podDir: string, file: ConfigFile): void {
  const path = join(podDir, file.path);
  const body = JSON.stringify({ version_info: file.version, resources: file.resources });
  writeFileSync(`${path}.tmp`, body, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

export function removeConfig(podDir: string, path: string): void {
  try {
    unlinkSync(join(podDir, path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
}

/** A file as an earlier daemon left it; undefined when it is not there or is no such file. */
export function readConfig(podDir: string, path: string): ConfigFile | undefined {
  try {
    const body = JSON.parse(readFileSync(join(podDir, path), 'utf8')) as {
      version_info: string;
      resources: readonly Resource[];
    };
    return { path, version: body.version_info, resources: body.resources };
  } catch {
    return undefined; // Missing or torn: the caller writes it anew.
  }
}
