import type { Outcome } from './outcome.ts';

/** One way of talking to the edge over connections that stay open for the run. */
export interface Caller {
  /** Makes request `number` once; rejects or resolves with how it ended. Gives up when `signal` aborts. */
  call(number: number, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}
