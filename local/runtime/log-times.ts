import { existsSync, statSync } from 'node:fs';
import type { Clock } from '../clock.ts';

/**
 * When the bytes of a log were written. A process writes its log itself, so times are those of regular looks at its size:
 * right to the interval of the looks, and never later than the line.
 */
export interface LogTimes {
  /** Notes the present size of the file. */
  look(): void;
  /** Forgets all, after a rotation. */
  reset(): void;
  /** Epoch milliseconds at which the byte at `offset` was seen. */
  timeOf(offset: number): number;
}

const mostMarks = 4096;

export function createLogTimes(file: string, clock: Clock): LogTimes {
  let marks: { readonly size: number; readonly atMs: number }[] = [];
  return {
    look() {
      const size = existsSync(file) ? statSync(file).size : 0;
      if (size === (marks.at(-1)?.size ?? 0)) return;
      marks.push({ size, atMs: clock.now() });
      if (marks.length > mostMarks) marks = marks.filter((_mark, index) => index % 2 === 1);
    },
    reset() {
      marks = [];
    },
    timeOf(offset) {
      return marks.find(({ size }) => size > offset)?.atMs ?? clock.now();
    },
  };
}
