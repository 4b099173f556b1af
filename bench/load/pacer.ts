import { parentPort } from 'node:worker_threads';
import { dueAt } from '../../verify/load/schedule.ts';

/** Requests due from `startedAtMs` on (milliseconds of `process.hrtime`, which is the same in all threads). */
export interface Pace {
  readonly startedAtMs: number;
  readonly rps: number;
  readonly count: number;
}

/** Milliseconds of the machine's monotonic clock, to the nanosecond. */
export function hrtimeMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * As a worker: says each request's number when it is due. Node's timers are of whole milliseconds, too coarse for answers that
 * take less than one; waiting in a thread of its own is exact to some 0.1 ms and keeps no core busy.
 */
if (parentPort) {
  const port = parentPort;
  const never = new Int32Array(new SharedArrayBuffer(4));
  port.on('message', ({ startedAtMs, rps, count }: Pace) => {
    for (let number = 0; number < count; number++) {
      const wait = startedAtMs + dueAt(number, rps) - hrtimeMs();
      if (wait > 0) Atomics.wait(never, 0, 0, wait);
      port.postMessage(number);
    }
  });
}
