import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { rolloutHeader } from '../../mesh/rollout-header.ts';

/** An edge for tests: leads requests on to servers on Unix sockets, as the routes of an exchange would. */
export interface TestEdge {
  readonly url: string;
  /** Path prefix -> socket, for requests that no value of the rollout's header leads elsewhere. */
  readonly paths: Map<string, string>;
  /** Value of the rollout's header -> socket. */
  readonly releases: Map<string, string>;
  /** `GET /v1/accounts <header>` of every request, in order. */
  readonly seen: { readonly line: string; readonly headers: IncomingMessage['headers'] }[];
  close(): Promise<void>;
}

export async function startTestEdge(): Promise<TestEdge> {
  const paths = new Map<string, string>();
  const releases = new Map<string, string>();
  const seen: TestEdge['seen'] = [];
  const server = createServer((incoming, response) => {
    const { headers, method, url = '/' } = incoming;
    const wanted = String(headers[rolloutHeader] ?? '');
    seen.push({ line: `${method} ${url} ${wanted}`.trimEnd(), headers });
    const socket = releases.get(wanted) ?? [...paths].find(([prefix]) => url.startsWith(prefix))?.[1];
    if (socket === undefined) response.writeHead(404).end();
    else passOn(incoming, response, socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the edge has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    paths,
    releases,
    seen,
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

function passOn(incoming: IncomingMessage, response: ServerResponse, socketPath: string): void {
  const { headers, method, url } = incoming;
  const outgoing = request({ socketPath, method, path: url, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.headersSent || response.writeHead(503).end('no healthy upstream'));
  response.once('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}
