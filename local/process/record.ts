import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { errnoOf } from './process-error.ts';

/** What is kept on disk about a child, so that a later daemon finds exactly this process and no other with the same pid. */
export interface ProcessRecord {
  readonly pid: number;
  readonly startTime: string;
  readonly marker: string;
  readonly name: string;
}

/** Writes the record in one step: a reader sees the old one, the new one or none, never half. */
export function writeRecord(file: string, record: ProcessRecord): void {
  const next = `${file}.next`;
  try {
    writeFileSync(next, JSON.stringify(record), { mode: 0o600 });
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

/** The record in `file`; undefined when there is none or when it cannot be read as one (a torn write of a full disk). */
export function readRecord(file: string): ProcessRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function removeRecord(file: string): void {
  rmSync(file, { force: true });
}

function isRecord(value: unknown): value is ProcessRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTime, marker, name } = value as Partial<Record<keyof ProcessRecord, unknown>>;
  return (
    typeof pid === 'number' &&
    typeof startTime === 'string' &&
    typeof marker === 'string' &&
    typeof name === 'string' &&
    Number.isInteger(pid)
  );
}
