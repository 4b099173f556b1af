import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import type { LoadKind } from './kinds.ts';
import { runLoad } from './load.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const own = { id: 'a1', owner: 'demo', currency: 'EUR', balance: '1.00' };
type Answer = (number: number, request: IncomingMessage, response: ServerResponse) => void;

/** An edge that opens account a1, and then answers request 1, 2, 3 ... as it is told. Tells which numbers came. */
async function edge(answer: Answer): Promise<{ url: string; seen: () => number }> {
  let seen = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'POST' && request.url === '/v1/accounts') return reply(response, 201, own);
    seen += 1;
    answer(seen, request, response);
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen: () => seen };
}

function reply(response: ServerResponse, status: number, body: unknown, release = '1.4.0'): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-parley-release': release });
  response.end(JSON.stringify(body));
}

const load = (
  url: string,
  more: { kind?: LoadKind; rps?: number; connections?: number; durationMs?: number; drainMs?: number },
) =>
  runLoad({
    target: { url, token: async () => 'token' },
    kinds: [{ kind: more.kind ?? 'rest', rps: more.rps ?? 200, connections: more.connections ?? 4 }],
    durationMs: more.durationMs ?? 500,
    drainMs: more.drainMs,
    clock: systemClock,
  });

test('seeded faults are counted exactly: statuses, wrong bodies, cut connections', async () => {
  const { url, seen } = await edge((number, request, response) => {
    if (number % 10 === 0) return reply(response, 503, { title: 'away' }, '2.0.0');
    if (number % 10 === 1) return reply(response, 200, { ...own, id: 'a2' }, '2.0.0');
    if (number % 10 === 2) return reply(response, 200, { ...own, balance: undefined, amount: '1.00' });
    if (number % 10 === 3) return request.socket.destroy();
    reply(response, 200, own);
  });
  const report = await load(url, { connections: 1 });
  const [rest] = report.kinds;
  expect(report).toMatchObject({ sent: 100, ok: 60, failed: 20, wrong: 20 });
  expect(seen(), 'every request was sent once').toBe(100);
  expect(rest?.reasons).toEqual({ 'status 503': 10, 'wrong body': 20, UND_ERR_SOCKET: 10 });
  expect(rest?.releases).toMatchObject({
    '1.4.0': { ok: 60, failed: 0, wrong: 10 },
    '2.0.0': { ok: 0, failed: 10, wrong: 10 },
    unknown: { ok: 0, failed: 10, wrong: 0 },
  });
  expect(new Set(rest?.faults.map(({ number }) => number)).size).toBe(40);
});

test('each deposit has an Idempotency-Key of its own and the token', async () => {
  const keys = new Set<unknown>();
  const { url } = await edge((_number, { headers }, response) => {
    keys.add(headers['idempotency-key']);
    reply(response, headers.authorization === 'Bearer token' ? 201 : 401, own);
  });
  const report = await load(url, { kind: 'rest-post', durationMs: 200 });
  expect(report).toMatchObject({ sent: 40, ok: 40 });
  expect(keys.size).toBe(40);
});

test('latency runs from the moment a request was due: one stall shows in all that it held up', async () => {
  const { url } = await edge((number, _request, response) => {
    const stalled = number === 1;
    const timer = setTimeout(() => reply(response, 200, own), stalled ? 300 : 0);
    response.once('close', () => clearTimeout(timer));
  });
  const report = await load(url, { rps: 100, connections: 1, durationMs: 400 });
  expect(report).toMatchObject({ sent: 40, ok: 40 });
  const p50 = report.kinds[0]?.latency.p50Ms ?? 0;
  expect(p50, 'half of the requests waited behind the stalled one').toBeGreaterThan(50);
});

test('an answer that never comes has failed when the run ends', async () => {
  const { url } = await edge((number, _request, response) => {
    if (number > 5) reply(response, 200, own);
  });
  const report = await load(url, { rps: 50, connections: 10, durationMs: 400, drainMs: 200 });
  expect(report).toMatchObject({ sent: 20, ok: 15, failed: 5, wrong: 0 });
  expect(report.kinds[0]?.reasons).toEqual({ unanswered: 5 });
});

test('ends early when it is told to, and still accounts for everything', async () => {
  const stop = new AbortController();
  const { url } = await edge((number, _request, response) => {
    if (number === 20) stop.abort();
    reply(response, 200, own);
  });
  const report = await runLoad({
    target: { url, token: async () => 'token' },
    kinds: [{ kind: 'rest', rps: 200, connections: 4 }],
    until: stop.signal,
    clock: systemClock,
  });
  expect(report.sent).toBeGreaterThanOrEqual(20);
  expect(report.sent).toBeLessThan(60);
  expect(report.ok + report.failed + report.wrong).toBe(report.sent);
});
