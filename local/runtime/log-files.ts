import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
} from 'node:fs';
import path from 'node:path';

/** A log grows to twice this: the present file and the one before it. */
const rotateBytes = 8 * 2 ** 20;

/** Log of one run of a container. */
export function logFile(containerDir: string, restart: number): string {
  return path.join(containerDir, `${restart}.log`);
}

/** The part that was copied away when the log became too large. */
export function rotatedFile(file: string): string {
  return `${file}.1`;
}

/** Copies a log that is too large and truncates it: the process has the file open and goes on at its new end. */
export function rotateLog(file: string, limitBytes = rotateBytes): boolean {
  if (!existsSync(file) || statSync(file).size < limitBytes) return false;
  const next = `${rotatedFile(file)}.next`;
  copyFileSync(file, next);
  truncateSync(file, 0);
  renameSync(next, rotatedFile(file));
  return true;
}

/** Removes the logs of the runs before the last one. */
export function dropOldLogs(containerDir: string, restart: number): void {
  for (const file of [logFile(containerDir, restart - 2), rotatedFile(logFile(containerDir, restart - 2))]) {
    if (existsSync(file)) unlinkSync(file);
  }
}

/** The last lines of a log, at most `bytes` of them; empty when there is none. */
export function lastLines(file: string, lines: number, bytes = 2048): string {
  if (!existsSync(file)) return '';
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, bytes));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    closeSync(descriptor);
  }
}
