/**
 * Counters that the sidecars of the embedded cluster keep of the calls they make, one step per call as its caller saw it end. They
 * belong to the listener, so that a change of clusters or weights does not set them back, as it does the counters of clusters.
 */
export const callCounters = {
  /** First part of every name. */
  prefix: 'calls',
  /**
   * `calls.ended.to.<to>.flags.<flags>`: calls that were answered and have ended, streams that their caller ended among them; for TCP
   * connections that were opened, or could not be.
   */
  ended: 'ended',
  /** `calls.failed.to.<to>.flags.<flags>`: those of them that failed by no fault of the caller. */
  failed: 'failed',
  /** `calls.ms.to.<to>.flags.<flags>`: how long they took. */
  duration: 'ms',
  /** `calls.waited.to.<to>.flags.<flags>`: how long callers waited who then hung up without an answer. */
  waited: 'waited',
  /** Tag with the port of a release's Service, as `callsTo` writes it. */
  to: 'to',
  /** Tag with Envoy's response flags, `-` for none. */
  flags: 'flags',
} as const;

/**
 * Header of a copy of a request, with the port that it was copied to: nobody waits for its answer, so that the sidecar of the Pod that
 * answers counts it. Callers cannot set it.
 */
export const mirroredToHeader = 'x-parley-mirrored-to';

/**
 * Whether response flags (`DC`, `UF,URX`) say that the caller hung up or gave a stream up
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#response-flags).
 */
export const callerHungUp = (flags: string): boolean => flags.split(',').some((flag) => flag === 'DC' || flag === 'DR');

/** The port of a Service as clusters and counters of the embedded cluster's sidecars name it: without dots. */
export function callsTo(service: { readonly namespace: string; readonly name: string }, port: number): string {
  return `${service.name}_${service.namespace}_${port}`;
}

/** Upper bounds of the buckets of `calls.ms` and `calls.waited`, fine where limits are; what took longer than the last is in none. */
export const callDurationBoundsMs: readonly number[] = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 600, 800, 1000,
  1200, 1500, 2000, 2500, 3000, 4000, 5000, 7500, 10_000, 15_000, 30_000, 60_000, 300_000, 3_600_000,
];

/** Key of the sidecars' runtime: percent of failing calls that are written down. Zero but while somebody reads them. */
export const failedCallsKey = 'calls.failed_log';

/** A failing call as a sidecar writes it, one JSON object a line. Absent values are null. */
export interface FailedCall {
  readonly at: string;
  readonly to: string | null;
  readonly method: string | null;
  readonly path: string | null;
  readonly status: number | null;
  readonly grpc: number | string | null;
  readonly flags: string | null;
  readonly trace: string | null;
}
