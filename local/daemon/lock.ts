import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readProcess } from '../process/proc.ts';
import { errnoOf } from '../process/process-error.ts';

/** Who holds a lock: the pid together with the start time names one process for good. */
export interface LockHolder {
  readonly pid: number;
  readonly startTime: string;
  /** What it does, for messages: `parley up`. */
  readonly what: string;
}

/**
 * Takes the lock file for this process; undefined when taken, else who has it. A lock whose holder is gone is taken over.
 * The file appears with its content in one step (link), so a reader never sees half.
 */
export function takeLock(file: string, what: string): LockHolder | undefined {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const mine = `${file}.${process.pid}`;
  const startTime = readProcess(process.pid)?.startTime ?? '';
  writeFileSync(mine, JSON.stringify({ pid: process.pid, startTime, what }), { mode: 0o600 });
  try {
    for (;;) {
      try {
        linkSync(mine, file);
        return undefined;
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
      const holder = readLock(file);
      if (holder && lives(holder)) return holder;
      removeDead(file);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Removes a lock whose holder is gone. Another process may have done so and taken the lock since its holder was read: what is
 * taken away is looked at again, and put back when it is alive.
 */
export function removeDead(file: string): void {
  const aside = `${file}.${process.pid}.aside`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    const holder = readLock(aside);
    if (holder && lives(holder)) linkSync(aside, file);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Gives the lock back, if it is this process that has it. */
export function releaseLock(file: string): void {
  if (readLock(file)?.pid === process.pid) rmSync(file, { force: true });
}

/** Whether the very process that wrote the record still runs. */
export function lives(holder: Pick<LockHolder, 'pid' | 'startTime'>): boolean {
  return readProcess(holder.pid)?.startTime === holder.startTime;
}

/** Who holds the lock now; undefined when nobody does, or when its holder is gone. */
export function lockHolder(file: string): LockHolder | undefined {
  const holder = readLock(file);
  return holder && lives(holder) ? holder : undefined;
}

function readLock(file: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockHolder;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
