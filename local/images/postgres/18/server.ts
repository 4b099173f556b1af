import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { markerVariable } from '../../../process/proc.ts';
import { ensureOwnership } from './ownership.ts';
import { nativePrograms, type Programs, unprivileged } from './programs.ts';
import { type PostgresSettings, readPostgresSettings } from './settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Scram for everyone: the socket is shared with the sidecar, so that who may open it says nothing of who is there. */
const accessRules = 'local all all scram-sha-256\n';

/** Laptop-sized; fsync, synchronous_commit and full_page_writes stay on. */
const tuning = {
  shared_buffers: '16MB',
  max_connections: '100',
  max_wal_size: '128MB',
  wal_level: 'logical',
  log_min_messages: 'warning',
  // In the data folder instead of /dev/shm, where a kill -9 would leave it for good.
  dynamic_shared_memory_type: 'mmap',
} as const;

/**
 * Makes the database cluster if there is none and runs PostgreSQL until a signal ends it; resolves with its exit code. The socket that others
 * know is there when every role and database is.
 */
export async function runPostgres(environment: Environment): Promise<number> {
  const settings = readPostgresSettings(environment, process.cwd());
  const programs = await nativePrograms();
  const prefix = unprivileged(process.getuid?.());
  // The mark of its Pod stays on it, so that it is found and ended when this process is killed.
  const passed = { PATH: environment.PATH, LC_ALL: 'C', TZ: 'UTC', [markerVariable]: environment[markerVariable] };
  if (!existsSync(join(settings.dataFolder, 'PG_VERSION'))) await initialise(settings, programs, prefix, passed);
  const link = join(settings.socketFolder, String(settings.port));
  await mkdir(settings.socketFolder, { recursive: true, mode: 0o700 });
  await rm(link, { force: true });
  const server = start([...prefix, programs.postgres, ...serverOptions(settings)], passed);
  const exit = once(server, 'exit');
  const ended = new AbortController();
  void exit.then(() => ended.abort());
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stopping = true;
      // PostgreSQL takes SIGINT as "fast shutdown": sessions end, nothing that was committed is lost.
      server.kill('SIGINT');
    });
  }
  try {
    await ensureOwnership(join(settings.socketFolder, `.s.PGSQL.${settings.port}`), settings, ended.signal);
    // PostgreSQL names its socket `.s.PGSQL.5432`; the sidecar looks for `5432`.
    if (!stopping) await symlink(`.s.PGSQL.${settings.port}`, link);
  } catch (error) {
    server.kill('SIGINT');
    await exit;
    if (!stopping) throw error;
  }
  const [code] = await exit;
  return typeof code === 'number' ? code : 1;
}

/**
 * Built beside its place and renamed, so that a run that was cut off leaves nothing that looks finished. The empty cluster is not synced file by
 * file (minutes on a busy disk); what is committed to it is.
 */
async function initialise(
  settings: PostgresSettings,
  programs: Programs,
  prefix: readonly string[],
  environment: Environment,
): Promise<void> {
  const unfinished = `${settings.dataFolder}.unfinished`;
  const passwordFile = `${settings.dataFolder}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  try {
    await writeFile(passwordFile, settings.password, { mode: 0o600 });
    const options = [
      '--pgdata',
      unfinished,
      '--username',
      settings.user,
      '--pwfile',
      passwordFile,
      '--auth',
      'scram-sha-256',
      '--encoding',
      'UTF8',
      '--no-locale',
      '--no-sync',
    ];
    await finished(start([...prefix, programs.initdb, ...options], environment), 'initdb');
    await writeFile(join(unfinished, 'pg_hba.conf'), accessRules);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rm(settings.dataFolder, { recursive: true, force: true });
  await rename(unfinished, settings.dataFolder);
}

function serverOptions(settings: PostgresSettings): readonly string[] {
  const options = {
    ...tuning,
    listen_addresses: '',
    port: String(settings.port),
    // PostgreSQL goes into its data folder before it makes the socket, and a socket path holds at most 107 bytes.
    unix_socket_directories: shortest(settings),
    unix_socket_permissions: '0600',
    hba_file: join(settings.dataFolder, 'pg_hba.conf'),
  };
  return ['-D', settings.dataFolder, ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

function shortest(settings: PostgresSettings): string {
  const absolute = join(process.cwd(), settings.socketFolder);
  const fromData = relative(settings.dataFolder, absolute);
  return fromData.length < absolute.length ? fromData : absolute;
}

function start(command: readonly string[], environment: Environment): ChildProcess {
  const [program = '', ...options] = command;
  return spawn(program, options, { env: environment, stdio: ['ignore', 'inherit', 'inherit'] });
}

async function finished(child: ChildProcess, what: string): Promise<void> {
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${what} ended with ${code ?? signal}; its output above says why`);
}

/** The text of whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
