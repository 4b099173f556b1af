import type { LoadKind } from './kinds.ts';
import type { Outcome } from './outcome.ts';
import type { Tally } from './report.ts';

/** The way in from outside. */
export interface EdgeTarget {
  /** `http://127.0.0.1:7080` or `https://localhost:7443`. */
  readonly url: string;
  /** PEM of the authority to trust, for https. */
  readonly authorityPem?: string;
  /** The bearer token to send; asked before each request, so that it can be renewed in a long run. */
  token(): Promise<string>;
}

/** How one kind of request is sent. */
export interface KindLoad {
  readonly kind: LoadKind;
  /** Requests (for streams: streams) started in a second. */
  readonly rps: number;
  /** Connections to the edge, kept for the whole run. */
  readonly connections: number;
}

/** One way of talking to the edge over connections that stay open for the run. */
export interface Caller {
  /** Makes request `number` once; rejects or resolves with how it ended. Gives up when `signal` aborts. */
  call(number: number, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

/** Opens what a kind needs to talk to the target. */
export type OpenCaller = (load: KindLoad, target: EdgeTarget, tally: Tally) => Promise<Caller>;
