import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { ConnectError, type Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { releaseHeader } from '../../mesh/release-header.ts';
import type { Answer } from './answer.ts';
import { type Caller, type CallerOptions, limited, mostAnswerBytes } from './caller.ts';
import { unaryMethod } from './grpc-method.ts';
import { unreachable } from './http-caller.ts';
import type { PlannedCall } from './planned-call.ts';

/** Unary gRPC calls over one HTTP/2 connection. */
export function grpcCaller(options: CallerOptions): Caller {
  const { edge, timeoutMs } = options;
  const tls = edge.authorityPem === undefined ? undefined : { ca: edge.authorityPem };
  const sessionManager = new Http2SessionManager(edge.url, {}, tls);
  const transport = createGrpcTransport({ baseUrl: edge.url, sessionManager, readMaxBytes: mostAnswerBytes });
  return {
    async send(call, headers, signal) {
      const limit = limited(signal, options);
      try {
        return await sent(transport, call, headers, limit.signal);
      } catch (error) {
        signal.throwIfAborted();
        if (limit.isLate()) return { kind: 'silent', reason: `no answer within ${timeoutMs} ms` };
        if (!(error instanceof ConnectError)) throw error;
        if (isBroken(error)) throw unreachable(edge.url, error.cause);
        return refusal(error);
      } finally {
        limit.end();
      }
    },
    close: async () => sessionManager.abort(),
  };
}

async function sent(
  transport: Transport,
  { path, headers, body }: PlannedCall,
  more: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answer> {
  const method = unaryMethod(path);
  const json: JsonValue = body === undefined ? {} : JSON.parse(body);
  const input = fromJson(method.input, json);
  const { header, message } = await transport.unary(method, signal, undefined, { ...more, ...headers }, input);
  return {
    kind: 'answered',
    status: 0,
    text: JSON.stringify(toJson(method.output, message, { alwaysEmitImplicit: true })),
    release: header.get(releaseHeader) ?? undefined,
  };
}

function refusal({ code, message, metadata }: ConnectError): Answer {
  return { kind: 'answered', status: code, text: message, release: metadata.get(releaseHeader) ?? undefined };
}

/** The connection's own error (`ECONNREFUSED`), which has the code that Node gives it, and not an answer. */
function isBroken({ cause }: ConnectError): boolean {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string';
}
