import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestWorld } from '../../rollout/controller/test-world.ts';

/** What is to happen at one of the requests that change something. */
export interface Trap {
  /** From 1, of those that count since the trap was set. */
  readonly at: number;
  /** Before it is passed on, or after it was carried out and before its answer. */
  readonly when: 'before' | 'after';
  /** Ends whoever sent it; resolves when it is gone. */
  readonly spring: () => Promise<void>;
}

/** Between a controller and the API server: passes everything on, and counts what changes something. */
export async function killProxy(world: TestWorld) {
  const agent = new Agent({ keepAlive: true, ca: world.authority.cert, cert: world.admin.cert, key: world.admin.key });
  const changes: string[] = [];
  let trap: (Trap & { count: number; sprung: boolean }) | undefined;

  const forward = async (ask: IncomingMessage, body: Buffer): Promise<IncomingMessage> => {
    const { host: _, connection: __, ...headers } = ask.headers;
    const passed = request(new URL(ask.url ?? '/', world.url), { agent, method: ask.method, headers }).end(body);
    const [answer] = await once(passed, 'response');
    return answer;
  };
  const serve = async (ask: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(ask);
    const isChange = ask.method !== 'GET';
    if (isChange) changes.push(`${ask.method} ${ask.url?.split('?')[0]}`);
    const sprung = trap && isChange && ++trap.count === trap.at ? trap : undefined;
    if (sprung) sprung.sprung = true;
    if (sprung?.when === 'before') return sprung.spring();
    const answer = await forward(ask, body);
    if (sprung) {
      answer.resume();
      await once(answer, 'end');
      return sprung.spring();
    }
    response.on('close', () => answer.destroy());
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  };
  const server = createServer((ask, response) => {
    // A controller that was killed leaves its requests where they are.
    serve(ask, response).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Of every request that changes something: method and path. */
    changes,
    /** Undefined: takes the trap away. Returns whether the last one was sprung. */
    set(next: Trap | undefined): boolean {
      const last = trap?.sprung ?? false;
      trap = next && { ...next, count: 0, sprung: false };
      return last;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}
