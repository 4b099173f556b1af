import type { Clock } from '../../kube/clock.ts';
import type { Answer } from './answer.ts';
import type { PlannedCall } from './planned-call.ts';
import type { EdgeAddress } from './release-calls.ts';

/** Makes calls through the edge over connections of its own. */
export interface Caller {
  /**
   * One call, never made again. Throws a CallError `EdgeUnreachable` when there is no connection or it breaks, and the reason of `signal`.
   * @param headers go before those of the call
   */
  send(call: PlannedCall, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export interface CallerOptions {
  readonly edge: EdgeAddress;
  readonly clock: Clock;
  /** From the begin of a call to the end of its answer. */
  readonly timeoutMs: number;
}

/** At most so many connections (HTTP/1.1), and so many bytes of an answer. */
export const mostConnections = 8;
export const mostAnswerBytes = 1024 * 1024;

/** Loads the client of the protocol when it is wanted. */
export async function openCaller(protocol: 'http' | 'grpc', options: CallerOptions): Promise<Caller> {
  if (protocol === 'grpc') return (await import('./grpc-caller.ts')).grpcCaller(options);
  return (await import('./http-caller.ts')).httpCaller(options);
}

/** A signal that also aborts after the time; `end` must be called. */
export function limited(signal: AbortSignal, { clock, timeoutMs }: Pick<CallerOptions, 'clock' | 'timeoutMs'>) {
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort(new Error(`no answer within ${timeoutMs} ms`)));
  return { signal: AbortSignal.any([signal, late.signal]), isLate: () => late.signal.aborted, end: cancel };
}
