import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import type { Dial } from './dial.ts';
import { reasonOf } from './failure.ts';
import type { Log } from './log.ts';
import { Problem } from './problem.ts';

/** Runs SQL with `$1` parameters; bigint columns come back as strings. */
export interface Sql {
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

export interface Database extends Sql {
  /** Commits when `work` resolves, rolls back when it throws. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Calls back with the payload of each `NOTIFY channel`, across reconnects; `onReconnect` when some may have been missed. */
  listen(channel: string, onPayload: (payload: string) => void, onReconnect: () => void): void;
  /** Why it cannot be used right now, or undefined. */
  unready(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Applied in order, once, by whichever instance comes first. Each must leave the database usable for the release before. */
export interface Migration {
  readonly id: string;
  readonly sql: string;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly dial: Dial;
  readonly migrations: readonly Migration[];
  readonly log: Log;
  readonly applicationName: string;
}

const migrationLock = 7_239_187;
const retryMs = { first: 50, most: 2_000 } as const;

/** Opens a pool that connects, migrates and reconnects in the background; `unready` tells how far it is. */
export function openDatabase({ url, dial, migrations, log, applicationName }: DatabaseOptions): Database {
  const connection: pg.ClientConfig = {
    connectionString: url,
    stream: () => dial.lazySocket(),
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
  };
  const pool = new pg.Pool({ ...connection, max: 5, idleTimeoutMillis: 60_000 });
  // One that is lent out or half closed can break, too, and an error that nobody hears ends the process.
  pool.on('connect', (client) => client.on('error', ignoredBy(log)));
  pool.on('error', (cause) => log.warn('a database connection was lost', { reason: cause.message }));
  const closing = new AbortController();
  let waiting: string | undefined = 'not connected yet';
  const listeners: Promise<void>[] = [];

  const begun = persist(
    closing.signal,
    async () => {
      await migrate(pool, migrations);
      waiting = undefined;
      log.info('the database is there');
    },
    (reason) => {
      waiting = reason;
      log.warn('the database is not there yet', { reason });
    },
  );

  return {
    query: (text, values) => guarded(() => rowsOf(pool, text, values)),
    transaction: (work) => guarded(() => inTransaction(pool, work)),
    listen: (channel, onPayload, onReconnect) => {
      listeners.push(
        begun.then(() => keepListening(connection, channel, { onPayload, onReconnect }, closing.signal, log)),
      );
    },
    unready: async () =>
      waiting ??
      (await rowsOf(pool, 'select 1').then(
        () => undefined,
        (cause: unknown) => `the database does not answer: ${reasonOf(cause)}`,
      )),
    close: async () => {
      closing.abort();
      await Promise.all([begun, ...listeners]);
      await pool.end();
    },
  };
}

async function rowsOf<Row extends pg.QueryResultRow>(
  on: pg.Pool | pg.PoolClient,
  text: string,
  values?: readonly unknown[],
): Promise<readonly Row[]> {
  const result = await on.query<Row>(text, values === undefined ? undefined : [...values]);
  return result.rows;
}

async function inTransaction<T>(pool: pg.Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work({ query: (text, values) => rowsOf(client, text, values) });
    await client.query('commit');
    return result;
  } catch (thrown) {
    await client.query('rollback').catch((cause: Error) => {
      broken = cause;
    });
    throw thrown;
  } finally {
    client.release(broken);
  }
}

async function migrate(pool: pg.Pool, migrations: readonly Migration[]): Promise<void> {
  await inTransaction(pool, async (sql) => {
    await sql.query('select pg_advisory_xact_lock($1)', [migrationLock]);
    await sql.query(
      'create table if not exists migrations (id text primary key, applied_at timestamptz not null default now())',
    );
    const applied = new Set((await sql.query<{ id: string }>('select id from migrations')).map((row) => row.id));
    for (const migration of migrations.filter(({ id }) => !applied.has(id))) {
      await sql.query(migration.sql);
      await sql.query('insert into migrations (id) values ($1)', [migration.id]);
    }
  });
}

async function keepListening(
  connection: pg.ClientConfig,
  channel: string,
  hear: { readonly onPayload: (payload: string) => void; readonly onReconnect: () => void },
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client({ ...connection, statement_timeout: 0 });
    const lost = new Promise<void>((resolve) => {
      client.on('error', (cause) => {
        ignoredBy(log)(cause);
        resolve();
      });
      client.once('end', () => resolve());
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    client.on('notification', ({ payload = '' }) => hear.onPayload(payload));
    const connected = await persist(
      signal,
      () => client.connect().then(() => client.query(`listen ${pg.escapeIdentifier(channel)}`)),
      undefined,
      1,
    );
    if (connected) {
      hear.onReconnect();
      await lost;
      if (!signal.aborted) log.warn('the notifications of the database were cut, connecting again', { channel });
    } else if (!signal.aborted) await pause(retryMs.most / 4, signal);
    await client
      .end()
      .catch((cause: Error) => log.debug('the listening connection was gone already', { reason: cause.message }));
  }
}

/** Repeats `attempt` with growing pauses until it works (true), or `most` attempts failed or the signal aborts (false). */
async function persist(
  signal: AbortSignal,
  attempt: () => Promise<unknown>,
  onFailure?: (reason: string) => void,
  most = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  let waitMs: number = retryMs.first;
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      await attempt();
      return true;
    } catch (cause) {
      onFailure?.(reasonOf(cause));
      if (tries >= most) return false;
    }
    await pause(waitMs, signal);
    waitMs = Math.min(waitMs * 2, retryMs.most);
  }
  return false;
}

/** Whoever waits for an answer on the connection is told by its query. */
function ignoredBy(log: Log): (cause: Error) => void {
  return (cause) => log.debug('a database connection broke', { reason: cause.message });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await after(ms, undefined, { signal }).catch(() => undefined);
}

/** A lost or refused connection is told as 503, so that the caller may try again; an SQL error stays what it is. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isAway(cause)) throw cause;
    throw new Problem(
      503,
      'database-away',
      'the database is away',
      'try again in a moment',
      { 'retry-after': '1' },
      cause,
    );
  }
}

function isAway(cause: unknown): boolean {
  if (!(cause instanceof Error) || cause instanceof Problem) return false;
  const code = 'code' in cause ? String(cause.code) : '';
  // Classes 08 (connection exception) and 57P (operator intervention) of https://www.postgresql.org/docs/current/errcodes-appendix.html
  return (
    /^(08|57P)/.test(code) ||
    /^E[A-Z]+$/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|not queryable/.test(cause.message)
  );
}
