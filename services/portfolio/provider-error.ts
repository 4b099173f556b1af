import { Code, ConnectError } from '@connectrpc/connect';
import { GraphQLError } from 'graphql';
import { statusName } from '../kit/grpc-server.ts';

export type Provider = 'accounts' | 'orders';

/** Told in errors[]; the field is null and the rest of the answer stands. */
export function providerError(provider: Provider, code: string, message: string, cause?: unknown): GraphQLError {
  return new GraphQLError(`${provider}: ${message}`, {
    extensions: { code, provider },
    ...(cause instanceof Error && { originalError: cause }),
  });
}

const away: ReadonlySet<Code> = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.Canceled]);
const callerFault: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.PermissionDenied,
  Code.Unauthenticated,
  Code.AlreadyExists,
  Code.FailedPrecondition,
]);

/** What a failed gRPC call means to whoever asked the graph. */
export function fromOrders(thrown: unknown): GraphQLError {
  const error = ConnectError.from(thrown, Code.Unknown);
  if (error.code === Code.Unimplemented)
    return providerError('orders', 'CONTRACT_NOT_SERVED', 'it does not serve contract v2 yet', error);
  if (callerFault.has(error.code)) return providerError('orders', statusName(error.code), error.rawMessage, error);
  return providerError(
    'orders',
    away.has(error.code) ? 'PROVIDER_AWAY' : 'PROVIDER_FAILED',
    away.has(error.code) ? 'it does not answer' : 'it failed',
    error,
  );
}

/** True for errors that are the service's or a provider's, not the caller's. */
export function isOurs(code: unknown): boolean {
  return (
    code === undefined || code === 'PROVIDER_AWAY' || code === 'PROVIDER_FAILED' || code === 'INTERNAL_SERVER_ERROR'
  );
}
