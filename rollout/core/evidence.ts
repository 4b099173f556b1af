/** What was seen of one release; counts are since the last reading, gauges are as they are now. */
export interface Counts {
  /** Requests, calls, messages, that ended one way or the other. */
  readonly requests: number;
  /** Of them those that failed as the caller sees it: HTTP 5xx, a gRPC status that is the server's fault, no answer. */
  readonly failures: number;
  /** How long they took, as the caller sees it. */
  readonly latency?: Histogram;
  /** Events by name: `body`, `dead_letters`, ... */
  readonly counters?: Readonly<Record<string, EventCount>>;
  /** Values now by name: `consumer_lag`, ... */
  readonly gauges?: Readonly<Record<string, number>>;
}

/** How often something happened in how many occasions (messages, calls), so that a share can be judged. */
export interface EventCount {
  readonly events: number;
  readonly occasions: number;
}

/** Counts per bucket, not cumulative: `counts[i]` took at most `boundsMs[i]`, and more than the bound before; one more count than bounds, for the rest. */
export interface Histogram {
  readonly boundsMs: readonly number[];
  readonly counts: readonly number[];
}

/** A failing request that can be looked up. */
export interface Example {
  readonly release: string;
  /** Of W3C trace context, 32 hex digits; absent where the request had none. */
  readonly traceId?: string;
  /** `GET /v1/accounts: 500`. */
  readonly what: string;
  readonly atMs: number;
}

/** What a source of evidence says when it is asked. */
export type Reading =
  | {
      readonly kind: 'counts';
      readonly stable: Counts;
      readonly candidate: Counts;
      readonly examples: readonly Example[];
    }
  /** It cannot tell: which series, label or sidecar is missing, and what to do about it. Never the same as "nothing happened". */
  | { readonly kind: 'missing'; readonly reason: string; readonly hint: string };
