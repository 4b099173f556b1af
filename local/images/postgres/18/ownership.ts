import { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { ownershipQueries } from '../../../../charts/database-owner.ts';
import type { OwnedDatabase, PostgresSettings } from './settings.ts';

const pollMs = 20;
/** Connections that the server refuses while it starts: no socket yet, nobody behind it, `cannot_connect_now`. */
const starting = ['ENOENT', 'ECONNREFUSED', '57P03'];

/**
 * Waits for the server and ensures that every role is there, with its password, and owns its database. Returns early when `ended` aborts.
 * @param socket Path of the server's socket; a relative one may lie deeper than the 107 bytes of a socket's address.
 * @throws Error of PostgreSQL when the superuser cannot get in or a statement is refused.
 */
export async function ensureOwnership(socket: string, settings: PostgresSettings, ended: AbortSignal): Promise<void> {
  const client = await connected(socket, settings, ended);
  if (client === undefined) return;
  try {
    for (const owned of settings.owned) {
      for (const query of ownershipQueries) await execute(client, filledIn(query, owned));
    }
  } finally {
    await client.end();
  }
}

async function connected(socket: string, settings: PostgresSettings, ended: AbortSignal) {
  while (!ended.aborted) {
    const { user, password } = settings;
    const client = new pg.Client({ user, password, database: 'postgres', stream: () => new SocketAt(socket) });
    // The server may end (a signal) with this connection open; what waits on it is rejected then.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && starting.includes(String(error.code)))) throw error;
    }
    await pause(pollMs);
  }
  return undefined;
}

/** What psql does with `\gexec`. */
async function execute(client: pg.Client, query: string): Promise<void> {
  const { rows } = await client.query<string[]>({ text: query, rowMode: 'array' });
  for (const [statement = ''] of rows) await client.query(statement);
}

function filledIn(query: string, { role, database, password }: OwnedDatabase): string {
  return Object.entries({ role, database, password }).reduce(
    (text, [name, value]) => text.replaceAll(`:'${name}'`, () => pg.escapeLiteral(value)),
    query,
  );
}

/** A socket that connects to one path, whatever host and port pg asks for. */
class SocketAt extends Socket {
  readonly #path: string;

  constructor(path: string) {
    super();
    this.#path = path;
  }

  override connect(): this {
    return super.connect({ path: this.#path });
  }
}
