import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

/** What a conversation sends first. */
export type Protocol = 'rest' | 'grpc' | 'graphql' | 'tcp';

export interface Target {
  readonly ip: string;
  readonly port: number;
  /** Which of the Pod's ports is meant: the sidecar chooses by SNI. */
  readonly serverName: string;
  /** The ALPN protocol by which sidecars of the mesh announce bytes that are not HTTP. */
  readonly tcpProtocol: string;
}

export interface Credentials {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** How the caller shows itself; `plaintext` does not even begin TLS. */
export type Caller = 'plaintext' | 'no certificate' | Credentials;

/**
 * `allowed`: the application answered. `refused`: the sidecar did, or nobody. `unreachable`: there was no connection, so nobody was
 * asked. `said` is what came, for the table.
 */
export interface Verdict {
  readonly outcome: 'allowed' | 'refused' | 'unreachable';
  readonly said: string;
}

const deadlineMs = 5000;

/** One call straight to the inbound port of a Pod, past every outbound sidecar. */
export async function probe(target: Target, protocol: Protocol, caller: Caller): Promise<Verdict> {
  const socket = connect({ host: target.ip, port: target.port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(deadlineMs) });
  } catch (error) {
    socket.destroy();
    return { outcome: 'unreachable', said: reason(error) };
  }
  try {
    if (caller === 'plaintext') return await firstBytes(socket, plaintextOpening(protocol));
    const tls = connectTls({
      socket,
      servername: target.serverName,
      ALPNProtocols: [protocol === 'tcp' ? target.tcpProtocol : 'h2'],
      minVersion: 'TLSv1.3',
      // Whether the server is who it says is another question than whether it lets this caller in.
      rejectUnauthorized: false,
      ...(caller === 'no certificate' ? {} : { cert: caller.certificatePem, key: caller.keyPem }),
    });
    await once(tls, 'secureConnect', { signal: AbortSignal.timeout(deadlineMs) });
    return protocol === 'tcp' ? await firstBytes(tls, postgresStartup()) : await requestOver(tls, protocol);
  } catch (error) {
    return { outcome: 'refused', said: reason(error) };
  } finally {
    socket.destroy();
  }
}

async function firstBytes(socket: Socket, opening: Uint8Array): Promise<Verdict> {
  const signal = AbortSignal.timeout(deadlineMs);
  socket.write(opening);
  const [bytes] = (await Promise.race([
    once(socket, 'data', { signal }),
    once(socket, 'close', { signal }).then(() => [undefined]),
  ])) as [Buffer | undefined];
  if (bytes === undefined) return { outcome: 'refused', said: 'closed without an answer' };
  const said = `${bytes.length} bytes: ${bytes.subarray(0, 24).toString('latin1')}`;
  return { outcome: /^HTTP\/1\.1 403/.test(bytes.toString('latin1')) ? 'refused' : 'allowed', said };
}

const requests = {
  rest: { headers: { ':method': 'GET', ':path': '/v1/accounts' }, body: '' },
  graphql: {
    headers: { ':method': 'POST', ':path': '/graphql', 'content-type': 'application/json', 'content-length': '24' },
    body: '{"query":"{__typename}"}',
  },
  grpc: {
    headers: {
      ':method': 'POST',
      ':path': '/exchange.orders.v1.OrderService/PlaceOrder',
      'content-type': 'application/grpc',
      te: 'trailers',
    },
    body: Buffer.alloc(5),
  },
} as const;

/** An HTTP/2 request on an open TLS connection; Envoy's own refusals are 403, for gRPC status 7 with `RBAC`. */
async function requestOver(tls: TLSSocket, protocol: Exclude<Protocol, 'tcp'>): Promise<Verdict> {
  const session = connectHttp2('http://exchange', { createConnection: () => tls });
  const { headers, body } = requests[protocol];
  try {
    const broken = once(session, 'error').then(([error]) => Promise.reject(error));
    const stream = session.request(headers);
    if (!stream.writableEnded) stream.end(body);
    let status = '';
    let grpc = '';
    stream.on('response', (head) => {
      status = String(head[':status']);
      grpc = `${head['grpc-status'] ?? ''} ${head['grpc-message'] ?? ''}`;
    });
    stream.on('trailers', (trailers) => {
      grpc = `${trailers['grpc-status'] ?? ''} ${trailers['grpc-message'] ?? ''}`;
    });
    const text = await Promise.race([read(stream), broken]);
    const said = `${status} ${grpc} ${text}`.trim().slice(0, 120);
    return { outcome: /RBAC/.test(said) || status === '403' ? 'refused' : 'allowed', said };
  } finally {
    session.destroy();
  }
}

async function read(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

function plaintextOpening(protocol: Protocol): Buffer {
  if (protocol === 'tcp') return postgresStartup();
  if (protocol === 'grpc') return Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
  const { ':method': method, ':path': path } = requests[protocol].headers;
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: exchange\r\ncontent-length: 0\r\n\r\n`);
}

/** StartupMessage of protocol 3.0 (https://www.postgresql.org/docs/18/protocol-message-formats.html). */
function postgresStartup(): Buffer {
  const parameters = Buffer.from('user\0accounts\0database\0accounts\0\0', 'latin1');
  const message = Buffer.alloc(8 + parameters.length);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(196_608, 4);
  parameters.copy(message, 8);
  return message;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError') return `nothing within ${deadlineMs} ms`;
  const { code, reason: alert } = error as NodeJS.ErrnoException & { reason?: string };
  return alert ?? code ?? error.message;
}
