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
}

export function rejectionsTo(log: Log): Rejections {
  return {
    from: ({ clientOrderId, cause }, call) => {
      const error = asConnectError(cause, call, { log });
      return { clientOrderId, code: statusName(error.code), message: error.rawMessage };
    },
  };
}
