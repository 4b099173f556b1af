import { processHandle } from './handle.ts';
import { readMarker, readProcess } from './proc.ts';
import { type ProcessRecord, readRecord, removeRecord } from './record.ts';
import type { ProcessExit, ProcessHandle } from './types.ts';

const pollMs = 50;

/**
 * Takes over the process of a record that an earlier daemon wrote. Pid, start time and marker must all agree, so that a
 * reused pid is never touched; a record that names no living process is removed. Its exit is seen, its exit code is not.
 */
export function adoptProcess(recordFile: string): ProcessHandle | undefined {
  const record = readRecord(recordFile);
  if (record === undefined || !isAlive(record) || readMarker(record.pid) !== record.marker) {
    removeRecord(recordFile);
    return undefined;
  }
  return processHandle({ ...record, recordFile }, watchExit(record));
}

function isAlive(record: ProcessRecord): boolean {
  return readProcess(record.pid)?.startTime === record.startTime;
}

interface Watched {
  readonly record: ProcessRecord;
  readonly resolve: (exit: ProcessExit) => void;
}

const watched = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;

/** Only a parent is told of an exit, and an adopted process has another one: one shared timer looks at them all. */
function watchExit(record: ProcessRecord): Promise<ProcessExit> {
  const { promise, resolve } = Promise.withResolvers<ProcessExit>();
  watched.add({ record, resolve });
  timer ??= setInterval(look, pollMs).unref();
  return promise;
}

function look(): void {
  for (const entry of watched) {
    if (isAlive(entry.record)) continue;
    watched.delete(entry);
    entry.resolve({});
  }
  if (watched.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}
