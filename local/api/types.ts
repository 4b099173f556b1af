import type { Kinds } from '../store/kinds.ts';
import type { ObjectStore } from '../store/types.ts';

/** https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#read-log-pod-v1-core */
export interface LogOptions {
  readonly follow?: boolean;
  /** The instance before the last restart. */
  readonly previous?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  /** Each line starts with its RFC 3339 time. */
  readonly timestamps?: boolean;
  readonly limitBytes?: number;
}

/** Where container logs come from; the runtime implements it. Throws a StatusError for a container that has none. */
export interface LogSource {
  open(
    namespace: string,
    pod: string,
    container: string,
    options: LogOptions,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
}

export interface PodUsage {
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly {
    readonly name: string;
    /** Billionths of a CPU: 1_000_000 is one milli-CPU. */
    readonly cpuNanoCores: number;
    readonly memoryBytes: number;
  }[];
}

/** What Pods use now, for metrics.k8s.io; the runtime implements it. */
export interface UsageSource {
  pods(): Iterable<PodUsage>;
}

export interface ApiContext {
  readonly store: ObjectStore;
  readonly kinds: Kinds;
  readonly logs: LogSource;
  readonly usage: UsageSource;
  readonly clock: { now(): number };
  /** Reported by /version: `v1.36.0`. */
  readonly version: string;
}

/** Who calls, from the client certificate: CN is the name, O are the groups. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** One request, taken apart. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly contentType: string;
  readonly user: User;
  /** The whole body; a StatusError 413 when it is over the limit. */
  readonly body: () => Promise<Buffer>;
  /** Aborts when the client goes away or the server closes. */
  readonly signal: AbortSignal;
}

/** Where a streamed answer goes. */
export interface StreamSink {
  /** Sends the headers now; without it they go with the first piece. */
  start(): void;
  write(piece: string | Uint8Array): void;
  /** Bytes that the client has not read yet. */
  waitingBytes(): number;
  /** Resolves when nothing waits any more or the client is gone. */
  drained(): Promise<void>;
}

export type Reply =
  | { readonly as: 'json'; readonly code: number; readonly body: unknown; readonly warnings?: readonly string[] }
  | { readonly as: 'bytes'; readonly contentType: string; readonly body: string | Uint8Array }
  | {
      readonly as: 'stream';
      readonly contentType: string;
      /** Returns when the stream is over. Errors before the first write become a Status. */
      readonly run: (sink: StreamSink) => Promise<void>;
    };

export const json = (code: number, body: unknown, warnings: readonly string[] = []): Reply => ({
  as: 'json',
  code,
  body,
  ...(warnings.length > 0 ? { warnings } : {}),
});
