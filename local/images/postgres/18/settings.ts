import { isAbsolute, join } from 'node:path';
import { type DatabaseOwner, passwordVariable } from '../../../../charts/database-owner.ts';

/** A role with its database. */
export interface OwnedDatabase extends DatabaseOwner {
  readonly password: string;
}

export interface PostgresSettings {
  /** Absolute. */
  readonly dataFolder: string;
  readonly socketFolder: string;
  readonly port: number;
  /** The superuser. */
  readonly user: string;
  readonly password: string;
  readonly owned: readonly OwnedDatabase[];
}

const identifier = /^[a-z_][-a-z0-9_]{0,62}$/;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the same variables as the container image postgres:18, and `PARLEY_DATABASES`: `role/database` with commas between, with the password of
 * each role in `PARLEY_PASSWORD_<ROLE>`.
 * @throws Error that lists all that is missing or wrong.
 */
export function readPostgresSettings(environment: Environment, cwd: string): PostgresSettings {
  const { PARLEY_SOCKETS: sockets = '', PGDATA: data = '', POSTGRES_PASSWORD: password = '' } = environment;
  const { POSTGRES_USER: user = 'postgres', PARLEY_DATABASES = '' } = environment;
  const owned = PARLEY_DATABASES.split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair) => ownedDatabase(pair.trim(), environment));
  const wrong = [
    sockets === '' && 'PARLEY_SOCKETS is not set: this image listens on a Unix socket only',
    data === '' && 'PGDATA is not set: expected a folder that lasts',
    password === '' && 'POSTGRES_PASSWORD is not set',
    ...[user, ...owned.flatMap(({ role, database }) => [role, database])]
      .filter((name) => !identifier.test(name))
      .map((name) => `"${name}" is no name: expected ${identifier.source}`),
    ...owned.map(({ role, password }) => password === '' && `${passwordVariable(role)} is not set`),
    ...owned.map(({ role }) => role === user && `PARLEY_DATABASES: ${role} is the superuser, which owns no database`),
  ].filter((problem) => problem !== false);
  if (wrong.length > 0) throw new Error(`the environment is not usable:\n  ${wrong.join('\n  ')}`);
  return {
    dataFolder: isAbsolute(data) ? data : join(cwd, data),
    socketFolder: join(sockets, 'in'),
    port: 5432,
    user,
    password,
    owned,
  };
}

function ownedDatabase(pair: string, environment: Environment): OwnedDatabase {
  const [role = '', database = ''] = pair.split('/', 2);
  return { role, database, password: environment[passwordVariable(role)] ?? '' };
}
