import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './wait.ts';

const program = fileURLToPath(new URL('../../local/images/postgres/18/postgres.ts', import.meta.url));

export interface RunningPostgres {
  /** Socket on which it listens. */
  readonly socket: string;
  /** Of the role that owns the database and has its name. */
  urlOf(database: string): string;
  /** kill -9 of all its processes at once. */
  crash(): Promise<void>;
  /** Starts it again over the same data after a crash. */
  restart(): Promise<void>;
  stop(): Promise<number | null>;
}

/** A real PostgreSQL with empty databases, each with an owner of its own, from the same image program as the embedded cluster's. */
export async function startPostgres(databases: readonly string[]): Promise<RunningPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-pg-'));
  const environment = {
    PATH: process.env.PATH,
    PARLEY_SOCKETS: 's',
    PGDATA: 'data',
    POSTGRES_PASSWORD: 'secret',
    PARLEY_DATABASES: databases.map((name) => `${name}/${name}`).join(','),
    ...Object.fromEntries(databases.map((name) => [`PARLEY_PASSWORD_${name.toUpperCase()}`, `secret-of-${name}`])),
  };
  const socket = join(folder, 's/in/5432');
  const launched = () => launch(folder, environment, socket);
  let server = await launched();
  return {
    socket,
    urlOf: (database) => `postgres://${database}:secret-of-${database}@postgres:5432/${database}`,
    crash: async () => {
      await killAll(join(folder, 'data/postmaster.pid'));
      await server.gone;
    },
    restart: async () => {
      server = await launched();
    },
    stop: async () => {
      server.child.kill('SIGTERM');
      await server.gone;
      await rm(folder, { recursive: true, force: true });
      return server.child.exitCode;
    },
  };
}

interface Launched {
  readonly child: ChildProcess;
  readonly gone: Promise<unknown>;
}

/** Resolves when the server listens. */
async function launch(folder: string, environment: NodeJS.ProcessEnv, socket: string): Promise<Launched> {
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const gone = once(child, 'exit');
  // A test file that is given up in its beforeAll never comes to stop().
  process.once('exit', () => child.kill('SIGTERM'));
  await until(
    `postgres listens (${said})`,
    async () => {
      if (child.exitCode !== null) throw new Error(said);
      const probe = connect(socket);
      await once(probe, 'connect');
      probe.destroy();
      return true;
    },
    60_000,
  );
  return { child, gone };
}

/** Ends a server as a crash of its machine would: nobody can write any more, and nobody can say goodbye. */
async function killAll(pidFile: string): Promise<void> {
  const postmaster = Number((await readFile(pidFile, 'utf8')).split('\n')[0]);
  const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
  const all = [postmaster, ...children.trim().split(' ').filter(Boolean).map(Number)];
  for (const pid of all) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
  await until(
    `the processes ${all.join(', ')} are gone`,
    () => (all.some((pid) => existsSync(`/proc/${pid}`)) ? undefined : true),
    10_000,
  );
}
