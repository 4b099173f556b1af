import { Code, ConnectError } from '@connectrpc/connect';
import type { GraphQLError } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';
import { statusName } from '../kit/grpc-server.ts';

export type Provider = 'accounts' | 'orders';

/** Made by graphql-yoga's own factory, whose class it knows again. Told in errors[]; the field is null and the rest of the answer stands. The cause stays here: an error with an inner one would be masked. */
export function providerError(provider: Provider, code: string, message: string): GraphQLError {
  return createGraphQLError(`${provider}: ${message}`, { extensions: { code, provider } });
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
  if (error.code === Code.Unimplemented) {
    return providerError('orders', 'CONTRACT_NOT_SERVED', 'it does not serve contract v2 yet');
  }
  if (callerFault.has(error.code)) return providerError('orders', statusName(error.code), error.rawMessage);
  if (away.has(error.code)) return providerError('orders', 'PROVIDER_AWAY', 'it does not answer');
  return providerError('orders', 'PROVIDER_FAILED', 'it failed');
}

/** True for errors that are the service's or a provider's, not the caller's. */
export function isOurs(code: unknown): boolean {
  return (
    code === undefined || code === 'PROVIDER_AWAY' || code === 'PROVIDER_FAILED' || code === 'INTERNAL_SERVER_ERROR'
  );
}
