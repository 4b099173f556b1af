import { DatabaseSync } from 'node:sqlite';
import { StatusError } from './status.ts';
import type { GroupKind, Stored, WatchEventType } from './types.ts';

/** One change as it is written: the object after it (for DELETED its last state). */
export interface Change {
  readonly revision: number;
  readonly event: WatchEventType;
  readonly type: GroupKind;
  readonly object: Stored;
  /** Revision of the state before, 0 for ADDED. */
  readonly previousRevision: number;
}

/** The durable copy of the store: current objects and the last changes. */
export interface Journal {
  /** Writes one change; on disk when the call returns. */
  append(change: Change): void;
  /** Current objects of all types, for the index that is loaded at open. */
  objects(): Iterable<{ readonly type: GroupKind; readonly object: Stored }>;
  /** Changes after a revision, in order. */
  since(revision: number): Iterable<Change & { readonly previous?: Stored }>;
  readonly revision: number;
  /** Watches can resume from this revision or a later one. */
  readonly oldest: number;
  close(): void;
}

const schemaVersion = 1;
const schema = `
  create table if not exists objects (
    type text not null, namespace text not null, name text not null, object text not null,
    primary key (type, namespace, name)
  ) without rowid;
  create table if not exists changes (
    revision integer primary key, event text not null, type text not null, object text not null, previous integer not null
  );`;

/**
 * Opens the file. WAL with synchronous=FULL: an acknowledged write survives kill -9 and a power cut. Measured with
 * 3 KB objects: 0.06 ms a write (p50) against 0.016 ms with NORMAL, which would lose the last writes in a power cut;
 * a cluster start makes a few hundred writes, so the difference is not worth the loss.
 */
function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 2000;');
  const version = Number(db.prepare('pragma user_version').get()?.user_version);
  if (version !== 0 && version !== schemaVersion) {
    db.close();
    throw new StatusError(
      500,
      'InternalError',
      `${file} was written by another version of the store (format ${version}, this one reads ${schemaVersion}): move it away and start again`,
    );
  }
  db.exec(`${schema} pragma user_version = ${schemaVersion};`);
  return db;
}

const text = (value: unknown): string => {
  if (typeof value !== 'string') throw new TypeError(`the store file holds ${typeof value} where text is expected`);
  return value;
};
const parse = (value: unknown): Stored => JSON.parse(text(value));

function writeFailure(cause: unknown): StatusError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const hint = /full/i.test(message) ? ': the disk is full, free some space (`df -h`) and try again' : '';
  return new StatusError(507, 'InternalError', `the store could not write: ${message}${hint}`, undefined, cause);
}

/** `keepChanges` is how many changes a watch can go back; older ones are dropped in batches of a tenth. */
export function openJournal(file: string, keepChanges: number): Journal {
  const db = openDatabase(file);
  const put = db.prepare('insert or replace into objects values (?, ?, ?, ?)');
  const remove = db.prepare('delete from objects where type = ? and namespace = ? and name = ?');
  const log = db.prepare('insert into changes values (?, ?, ?, ?, ?)');
  const trim = db.prepare('delete from changes where revision <= ?');
  const one = db.prepare('select object from changes where revision = ?');
  const bounds = db.prepare('select min(revision) as low, max(revision) as high from changes').get();
  let revision = Number(bounds?.high ?? 0);
  let oldest = Math.max(0, Number(bounds?.low ?? 1) - 1);
  const slack = Math.max(1, Math.floor(keepChanges / 10));

  const write = ({ event, type, object, revision: at, previousRevision }: Change) => {
    const { namespace = '', name } = object.metadata;
    const json = JSON.stringify(object);
    if (event === 'DELETED') remove.run(type, namespace, name);
    else put.run(type, namespace, name, json);
    log.run(at, event, type, json, previousRevision);
    if (at - oldest <= keepChanges + slack) return oldest;
    trim.run(at - keepChanges);
    return at - keepChanges;
  };
  return {
    append(change) {
      try {
        db.exec('begin immediate');
        const kept = write(change);
        db.exec('commit');
        revision = change.revision;
        oldest = kept;
      } catch (cause) {
        if (db.isTransaction) db.exec('rollback');
        throw writeFailure(cause);
      }
    },
    *objects() {
      for (const row of db.prepare('select type, object from objects').iterate())
        yield { type: text(row.type), object: parse(row.object) };
    },
    *since(from) {
      for (const row of db.prepare('select * from changes where revision > ? order by revision').all(from)) {
        const before = Number(row.previous) === 0 ? undefined : one.get(Number(row.previous));
        yield {
          revision: Number(row.revision),
          event: text(row.event) as WatchEventType,
          type: text(row.type),
          object: parse(row.object),
          previousRevision: Number(row.previous),
          ...(before ? { previous: parse(before.object) } : {}),
        };
      }
    },
    get revision() {
      return revision;
    },
    get oldest() {
      return oldest;
    },
    close() {
      if (db.isOpen) db.close();
    },
  };
}
