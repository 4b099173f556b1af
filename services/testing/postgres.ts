import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { databaseList, passwordVariable } from '../../charts/database-owner.ts';
import { until } from './wait.ts';

const program = fileURLToPath(new URL('../../local/images/postgres/18/postgres.ts', import.meta.url));

export interface RunningPostgres {
  /** Socket on which it listens. */
  readonly socket: string;
  /** Of the role that owns the database and has its name. */
  urlOf(database: string): string;
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
    PARLEY_DATABASES: databaseList(databases.map((database) => ({ role: database, database }))),
    ...Object.fromEntries(databases.map((name) => [passwordVariable(name), `secret-of-${name}`])),
  };
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
  const socket = join(folder, 's/in/5432');
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
  return {
    socket,
    urlOf: (database) => `postgres://${database}:secret-of-${database}@postgres:5432/${database}`,
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
      await rm(folder, { recursive: true, force: true });
      return child.exitCode;
    },
  };
}
