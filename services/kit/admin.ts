import { createServer, type Server } from 'node:http';
import type { Metrics } from './metrics.ts';

/** A reason why the service is not ready, or undefined if this part of it is. */
export type ReadinessCheck = () => Promise<string | undefined> | string | undefined;

/** The server of ADMIN_PORT: `/livez`, `/readyz` (503 and the reasons while a check fails) and `/metrics`. Never subject to faults. */
export function adminServer(
  metrics: Pick<Metrics, 'registry'>,
  checks: Readonly<Record<string, ReadinessCheck>>,
): Server {
  return createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    const answer = (status: number, type: string, body: string) => {
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
      response.end(body);
    };
    const path = request.url?.split('?')[0];
    const serve = async () => {
      if (path === '/livez') return answer(200, 'text/plain', 'ok\n');
      if (path === '/metrics') return answer(200, metrics.registry.contentType, await metrics.registry.metrics());
      if (path !== '/readyz') return answer(404, 'text/plain', 'one of /livez, /readyz, /metrics\n');
      const waiting = await unready(checks);
      const ready = Object.keys(waiting).length === 0;
      answer(ready ? 200 : 503, 'application/json', `${JSON.stringify(ready ? { ready } : { ready, waiting })}\n`);
    };
    serve().catch((thrown: unknown) => answer(500, 'text/plain', `${String(thrown)}\n`));
  });
}

async function unready(checks: Readonly<Record<string, ReadinessCheck>>): Promise<Record<string, string>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await check()] as const),
  );
  return Object.fromEntries(results.filter((result): result is readonly [string, string] => result[1] !== undefined));
}
