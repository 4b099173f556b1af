import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createH2Server } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { countJsonSpans, countSpans, grpcMessages } from './spans.ts';

/**
 * A receiver of traces that only counts them. Arguments: its port for OTLP/HTTP (which also answers GET /count), its port for OTLP/gRPC.
 * A process of its own: what it costs is not the application's.
 */
const [httpPort, grpcPort] = process.argv.slice(2).map(Number);
let received = 0;

const http = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(String(received));
    return;
  }
  bodyOf(request).then(
    (raw) => {
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      const json = request.headers['content-type']?.includes('json');
      received += json ? countJsonSpans(body.toString()) : countSpans(body);
      response.writeHead(200, { 'content-type': json ? 'application/json' : 'application/x-protobuf' });
      response.end(json ? '{}' : '');
    },
    (error: Error) => response.destroy(error),
  );
}).listen(httpPort, '127.0.0.1');

const grpc = createH2Server().listen(grpcPort, '127.0.0.1');
grpc.on('stream', (stream) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => {
    for (const message of grpcMessages(Buffer.concat(chunks))) received += countSpans(message);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5));
  });
});

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

process.on('SIGTERM', () => {
  grpc.close();
  http.close();
  http.closeAllConnections();
});
