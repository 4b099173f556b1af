import type { Interceptor, Transport } from '@connectrpc/connect';
import { Code, ConnectError, createContextKey } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { type Call, onwardHeaders } from './call.ts';
import type { Dial } from './dial.ts';
import { statusName } from './grpc-server.ts';
import { traceHeaders } from './trace-context.ts';
import type { Tracing } from './tracing.ts';

/** The call on whose behalf a gRPC call goes out: `{ contextValues: createContextValues().set(onBehalfOf, call) }`. */
export const onBehalfOf = createContextKey<Pick<Call, 'trace' | 'authorization'> | undefined>(undefined);

export interface GrpcClient {
  readonly transport: Transport;
  close(): void;
}

/** A client for one provider; one connection, which is made anew when it is lost or the provider leaves. */
export function grpcClient(provider: string, baseUrl: string, dial: Dial, tracing: Tracing): GrpcClient {
  const base = new URL(baseUrl);
  const port = Number(base.port || 80);
  const sessions = new Http2SessionManager(
    baseUrl,
    { pingIntervalMs: 30_000, pingTimeoutMs: 5_000 },
    { createConnection: () => dial.connect(base.hostname, port) },
  );
  const passOn: Interceptor = (next) => async (request) => {
    const call = request.contextValues.get(onBehalfOf);
    const span = tracing.start(`${provider} ${request.method.name}`, 'client', call?.trace);
    const headers = { ...traceHeaders(span.trace), ...onwardHeaders(call) };
    for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
    try {
      const response = await next(request);
      span.end({ 'rpc.grpc.status_code': 0 });
      return response;
    } catch (thrown) {
      const { code } = ConnectError.from(thrown, Code.Unknown);
      span.end({ 'rpc.grpc.status_code': code }, statusName(code));
      throw thrown;
    }
  };
  const transport = createGrpcTransport({ baseUrl, sessionManager: sessions, interceptors: [passOn] });
  return { transport, close: () => sessions.abort() };
}
