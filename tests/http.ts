import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request as openRequest } from 'node:http';
import { type ClientSessionOptions, connect, type IncomingHttpHeaders as Http2Headers } from 'node:http2';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  json<T = unknown>(): T;
}

export interface HttpRequest {
  readonly method?: string;
  /** A list is sent as that many headers. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

/** One HTTP/1.1 request on a connection of its own; any status is an answer. */
export async function http(url: string, { method = 'GET', headers = {}, body }: HttpRequest = {}): Promise<HttpAnswer> {
  const request = openRequest(url, { method, agent: false, timeout: 30_000 });
  for (const [name, value] of Object.entries(headers))
    request.setHeader(name, typeof value === 'string' ? value : [...value]);
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
}

/** A POST of JSON. */
export function postJson(
  url: string,
  value: unknown,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<HttpAnswer> {
  return http(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  });
}

export interface RawGrpcAnswer {
  /** `grpc-status`, from headers or trailers; 0 is OK, 16 UNAUTHENTICATED. */
  readonly status: number;
  readonly message: string;
  readonly headers: Http2Headers;
  readonly body: Buffer;
}

/** Lets two Authorization headers out, as an attacker would send them. */
const lenient: ClientSessionOptions & { strictSingleValueFields: boolean } = { strictSingleValueFields: false };

/**
 * A unary gRPC call spoken by hand over cleartext HTTP/2, for what a client library would not send
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
 */
export async function rawGrpc(
  url: string,
  path: string,
  message: Uint8Array,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<RawGrpcAnswer> {
  const session = connect(url, lenient);
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
      ),
    });
    let seen: Http2Headers = {};
    stream.on('response', (head) => {
      seen = { ...seen, ...head };
    });
    stream.on('trailers', (trailers) => {
      seen = { ...seen, ...trailers };
    });
    stream.end(grpcFrame(message));
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    return {
      status: Number(seen['grpc-status'] ?? -1),
      message: String(seen['grpc-message'] ?? ''),
      headers: seen,
      body,
    };
  } finally {
    session.destroy();
  }
}

/** Length-prefixed message, not compressed. */
export function grpcFrame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
