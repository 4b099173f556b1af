import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { type Span, spansFromJson, spansFromProtobuf } from './otlp.ts';

export interface Collector {
  readonly url: string;
  /** All spans received so far. */
  spans(): readonly Span[];
  close(): Promise<void>;
}

/** An OTLP/HTTP receiver for traces, JSON and protobuf, on a free port of loopback. */
export async function startCollector(): Promise<Collector> {
  const received: Span[] = [];
  const server = createServer((request, response) => {
    spansOf(request).then(
      (spans) => {
        received.push(...spans);
        response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'application/json' }).end();
      },
      (error: Error) => response.writeHead(400).end(error.message),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the collector has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans: () => received,
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

async function spansOf(request: IncomingMessage): Promise<Span[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
  const type = request.headers['content-type'] ?? '';
  if (type.includes('json')) return spansFromJson(body.toString('utf8'));
  if (type.includes('protobuf')) return spansFromProtobuf(body);
  throw new Error(`content-type ${type}: only OTLP in JSON or protobuf is taken`);
}
