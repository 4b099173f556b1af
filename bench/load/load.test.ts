import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { quantile } from '../measure/summary.ts';
import { closedLoop } from './closed-loop.ts';
import { type Connections, openConnections } from './connections.ts';
import { startOpenLoop } from './open-loop.ts';

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function connectionsTo(size: number, listener: RequestListener): Promise<Connections> {
  const dir = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const server: Server = createServer(listener).listen(path.join(dir, 's'));
  await once(server, 'listening');
  const connections = openConnections({ socket: path.join(dir, 's'), host: 'app' }, size);
  ending.push(async () => {
    await connections.close();
    server.close();
    server.closeAllConnections();
    rmSync(dir, { recursive: true });
  });
  return connections;
}

test('an open loop sends the planned count at its rate, over all its connections', async () => {
  const sockets = new Set<unknown>();
  const connections = await connectionsTo(4, (request, response) => {
    sockets.add(request.socket);
    response.end('x');
  });
  const loop = await startOpenLoop();
  ending.push(loop.close);
  const startedAt = performance.now();
  const result = await loop.run(connections, 500, 400);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(390);
  expect(result.latenciesMs).toHaveLength(200);
  expect(result.failures).toEqual([]);
  expect(sockets.size).toBe(4);
  expect(quantile(result.latenciesMs, 0.5)).toBeGreaterThan(0);
});

test('a request that has to wait for its connection counts from the moment it was due', async () => {
  const connections = await connectionsTo(1, (_request, response) => {
    setTimeout(() => response.end('x'), 40);
  });
  const loop = await startOpenLoop();
  ending.push(loop.close);
  const { latenciesMs } = await loop.run(connections, 50, 200);
  expect(latenciesMs).toHaveLength(10);
  expect(latenciesMs[9]).toBeGreaterThan(200);
});

test('what is not 200 is a failure with its reason', async () => {
  const connections = await connectionsTo(2, (_request, response) => {
    response.writeHead(503).end();
  });
  const loop = await startOpenLoop();
  ending.push(loop.close);
  const { failures } = await loop.run(connections, 100, 50);
  expect(failures).toEqual(Array.from({ length: 5 }, () => 'status 503'));
});

test('a closed loop counts what was answered, and a connection stops at its first failure', async () => {
  let count = 0;
  const connections = await connectionsTo(2, (_request, response) => {
    response.writeHead(++count > 100 ? 500 : 200).end('x');
  });
  const result = await closedLoop(connections, 10_000);
  expect(result.answered).toBe(100);
  expect(result.failures).toEqual(['status 500', 'status 500']);
});
