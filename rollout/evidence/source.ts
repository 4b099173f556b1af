import type { Reading } from '../core/evidence.ts';

/** Whose requests are counted. */
export interface EvidenceTarget {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly protocol: 'http' | 'grpc' | 'tcp';
  readonly stable: string;
  readonly candidate: string;
  /** Names of the counters and gauges that checks want beside requests, failures and latency. */
  readonly counters: readonly string[];
  readonly gauges: readonly string[];
}

/** A place that knows what happened to requests. */
export interface EvidenceSource {
  /** `sidecars`, `prometheus`, ... as `explain` names it. */
  readonly name: string;
  /** Counts from now on. Opening and closing cost next to nothing: many rollouts share what is read. */
  open(target: EvidenceTarget): EvidenceReader;
  /**
   * Asks the very questions that `open` would ask, after a few calls of the kit's own: what is missing, such as a label or a series.
   * Empty: evidence will come.
   */
  preflight(target: EvidenceTarget): Promise<readonly Missing[]>;
  close(): Promise<void>;
}

/** What evidence lacks, and what to do about it. */
export interface Missing {
  /** `cluster.outbound|8080||accounts-2-0-0… .upstream_rq_5xx of Pod edge-…`. */
  readonly what: string;
  readonly hint: string;
}

/** Counts of one rollout. */
export interface EvidenceReader {
  /** What happened since the last call. Never rejects: what cannot be read is a reading of kind `missing`. */
  read(): Promise<Reading>;
  close(): void;
}
