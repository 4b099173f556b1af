import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../process/process-error.ts';
import { lives } from './lock.ts';

/** `daemon.json`: the daemon that serves a state folder. It is written when the daemon is ready, and gone when it has ended well. */
export interface DaemonRecord {
  readonly pid: number;
  /** From /proc; with the pid it names one process. */
  readonly startTime: string;
  /** `https://127.70.0.1:6443` */
  readonly server: string;
  /** First two bytes of the cluster's addresses: `127.70`. */
  readonly block: string;
  /** Container port of the gateway -> `address:port` on the host. */
  readonly hostPorts: Readonly<Record<string, string>>;
}

export function recordFile(stateDir: string): string {
  return join(stateDir, 'daemon.json');
}

/** Held by the daemon for as long as it lives, from before it touches anything else. */
export function lockFile(stateDir: string): string {
  return join(stateDir, 'daemon.lock');
}

/** The record of a daemon that runs now; one of a daemon that was killed does not count. */
export function runningDaemon(stateDir: string): DaemonRecord | undefined {
  const record = readDaemonRecord(stateDir);
  return record && lives(record) ? record : undefined;
}

/** The record as it is on disk, whether its daemon lives or not; undefined when there is none or it was torn. */
export function readDaemonRecord(stateDir: string): DaemonRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(stateDir), 'utf8')) as DaemonRecord;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function writeDaemonRecord(stateDir: string, record: DaemonRecord): void {
  const file = recordFile(stateDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeDaemonRecord(stateDir: string): void {
  rmSync(recordFile(stateDir), { force: true });
}
