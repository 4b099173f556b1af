import type { Call } from '../kit/call.ts';
import { asConnectError, statusName } from '../kit/grpc-server.ts';
import type { Log } from '../kit/log.ts';
import type { StreamEvent } from './desk.ts';

export interface Rejection {
  readonly clientOrderId: string;
  readonly code: string;
  readonly message: string;
}

/** Tells on a stream what a unary call would have failed with. */
export interface Rejections {
  from(event: StreamEvent & { kind: 'rejected' }, call: Call): Rejection;
  /** The rejection of an event, if it is one. */
  of(event: StreamEvent, call: Call): readonly Rejection[];
}

export function rejectionsTo(log: Log): Rejections {
  const from: Rejections['from'] = ({ clientOrderId, cause }, call) => {
    const error = asConnectError(cause, call, { log });
    return { clientOrderId, code: statusName(error.code), message: error.rawMessage };
  };
  return { from, of: (event, call) => (event.kind === 'rejected' ? [from(event, call)] : []) };
}
