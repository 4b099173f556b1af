import { isAbsolute, join } from 'node:path';

export interface PostgresSettings {
  /** Absolute. */
  readonly dataFolder: string;
  readonly socketFolder: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly databases: readonly string[];
}

const databaseName = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * Reads the same variables as the container image postgres:18, and `PARLEY_DATABASES`: names with commas between.
 * @throws Error that lists all that is missing or wrong.
 */
export function readPostgresSettings(
  environment: Readonly<Record<string, string | undefined>>,
  cwd: string,
): PostgresSettings {
  const { PARLEY_SOCKETS: sockets = '', PGDATA: data = '', POSTGRES_PASSWORD: password = '' } = environment;
  const { POSTGRES_USER: user = 'postgres', POSTGRES_DB, PARLEY_DATABASES = '' } = environment;
  const databases = [POSTGRES_DB ?? user, ...PARLEY_DATABASES.split(',').map((name) => name.trim())].filter(
    (name) => name !== '',
  );
  const wrong = [
    sockets === '' && 'PARLEY_SOCKETS is not set: this image listens on a Unix socket only',
    data === '' && 'PGDATA is not set: expected a folder that lasts',
    password === '' && 'POSTGRES_PASSWORD is not set',
    ...[user, ...databases]
      .filter((name) => !databaseName.test(name))
      .map((name) => `"${name}" is no name: expected ${databaseName.source}`),
  ].filter((problem) => problem !== false);
  if (wrong.length > 0) throw new Error(`the environment is not usable:\n  ${wrong.join('\n  ')}`);
  return {
    dataFolder: isAbsolute(data) ? data : join(cwd, data),
    socketFolder: join(sockets, 'in'),
    port: 5432,
    user,
    password,
    databases: [...new Set(databases)].filter((name) => name !== 'postgres'),
  };
}
