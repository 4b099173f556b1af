import { randomBytes } from 'node:crypto';

/** W3C Trace Context, https://www.w3.org/TR/trace-context/. Ids are lower-case hex. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
  /** The `tracestate` header, passed on as it came. */
  readonly state?: string;
}

const shape = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-|$)/;

/** Reads `traceparent`; undefined when it is absent or not valid, in which case a trace begins here (section 3.2.1). */
export function readTraceparent(traceparent: string | undefined, state?: string): TraceContext | undefined {
  const found = traceparent === undefined ? null : shape.exec(traceparent);
  if (!found) return undefined;
  const [, traceId = '', spanId = '', flags = ''] = found;
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return state === undefined ? { traceId, spanId, sampled } : { traceId, spanId, sampled, state };
}

/** A trace that begins here. */
export function newTrace(sampled: boolean): TraceContext {
  const ids = randomBytes(24).toString('hex');
  return { traceId: ids.slice(0, 32), spanId: ids.slice(32), sampled };
}

/** The headers that hand a trace on. */
export function traceHeaders(trace: TraceContext): { traceparent: string; tracestate?: string } {
  const traceparent = `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? '01' : '00'}`;
  return trace.state === undefined ? { traceparent } : { traceparent, tracestate: trace.state };
}
