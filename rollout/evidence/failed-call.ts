import type { FailedCall } from '../../mesh/envoy/call-counters.ts';
import { grpcStatuses } from '../../mesh/grpc-statuses.ts';
import type { Example } from '../core/evidence.ts';

/** Version, trace id, parent, flags (https://www.w3.org/TR/trace-context/#traceparent-header). */
const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** A line of a sidecar's log of failing calls; undefined: it is not whole. */
export function readFailedCall(line: string): FailedCall | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'status' in value ? (value as FailedCall) : undefined;
  } catch {
    return undefined; // Half a line, where the file was cut.
  }
}

/** What people are told of a failing call: `GET /v1/accounts: 500`. */
export function exampleOf(call: FailedCall, release: string): Example {
  const traceId = traceparent.exec(call.trace ?? '')?.[1];
  return {
    release,
    ...(traceId ? { traceId } : {}),
    what: `${call.method ?? '?'} ${call.path ?? '?'}: ${outcome(call)}`,
    atMs: Date.parse(call.at),
  };
}

function outcome({ status, grpc, flags }: FailedCall): string {
  const code = Number(grpc ?? 0);
  const why = flags && flags !== '-' ? ` (${flags})` : '';
  if (grpc !== null && code !== 0)
    return `${grpcStatuses.find((one) => one.code === code)?.name ?? `gRPC ${grpc}`}${why}`;
  return status !== null && status >= 500 ? `${status}${why}` : `${status ?? 'no answer'}, then broken off${why}`;
}
