import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { dueAt, plannedCount } from '../../verify/load/schedule.ts';
import type { Connections } from './connections.ts';
import { hrtimeMs, type Pace } from './pacer.ts';

export interface OpenLoopResult {
  /** Of each request, from the moment it was due until the last byte of its answer. */
  readonly latenciesMs: Float64Array;
  /** How late the generator itself noticed that a request was due: what a busy machine adds to every latency. */
  readonly lateMs: Float64Array;
  readonly failures: readonly string[];
}

/** Sends at a fixed rate whatever the answers do: a slow answer delays no later request's clock (no coordinated omission). */
export interface OpenLoop {
  run(connections: Connections, rps: number, durationMs: number): Promise<OpenLoopResult>;
  close(): Promise<void>;
}

const leadMs = 5;

export async function startOpenLoop(): Promise<OpenLoop> {
  const pacer = new Worker(new URL('./pacer.ts', import.meta.url));
  await once(pacer, 'online');
  return {
    run: (connections, rps, durationMs) =>
      new Promise((resolve) => {
        const pace: Pace = { startedAtMs: hrtimeMs() + leadMs, rps, count: plannedCount(durationMs, rps) };
        const stop = paced(connections, pace, (result) => {
          pacer.off('message', stop.due);
          resolve(result);
        });
        pacer.on('message', stop.due);
        pacer.postMessage(pace);
      }),
    close: async () => {
      await pacer.terminate();
    },
  };
}

function paced(connections: Connections, pace: Pace, finished: (result: OpenLoopResult) => void) {
  const latenciesMs = new Float64Array(pace.count);
  const lateMs = new Float64Array(pace.count);
  const failures: string[] = [];
  const idle = Array.from({ length: connections.size }, (_, index) => index);
  const waiting: number[] = [];
  let ended = 0;

  const send = (number: number, connection: number) => {
    const dueMs = pace.startedAtMs + dueAt(number, pace.rps);
    connections.send(connection, (failure) => {
      latenciesMs[number] = hrtimeMs() - dueMs;
      if (failure !== undefined) failures.push(failure);
      const next = waiting.shift();
      if (next === undefined) idle.push(connection);
      else send(next, connection);
      if (++ended === pace.count) finished({ latenciesMs, lateMs, failures });
    });
  };
  return {
    due: (number: number) => {
      lateMs[number] = hrtimeMs() - (pace.startedAtMs + dueAt(number, pace.rps));
      const connection = idle.shift();
      if (connection === undefined) waiting.push(number);
      else send(number, connection);
    },
  };
}
