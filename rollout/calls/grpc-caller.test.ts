import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { fromJson } from '@bufbuild/protobuf';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { createTestClock, eventually } from '../../local/test-clock.ts';
import { releaseHeader } from '../../mesh/release-header.ts';
import { rolloutHeader, rolloutHeaderValue } from '../../mesh/rollout-header.ts';
import { OrderService } from '../../services/orders/contract/gen/exchange/orders/v1/orders_pb.js';
import { Health } from '../../services/orders/contract/gen/grpc/health/v1/health_pb.js';
import type { CallSpec } from '../resource/rollout.ts';
import { openReleaseCalls, type ReleaseCallsOptions } from './release-calls.ts';
import { candidate, stable, targetOf, uid } from './test-release.ts';

const never = new AbortController().signal;
const healthy: CallSpec = {
  name: 'health',
  path: '/grpc.health.v1.Health/Check',
  expect: { json: [{ pointer: '/status', value: 'SERVING' }] },
};

const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A real gRPC server that says which release it is. */
async function startServer(routes: (router: ConnectRouter) => void, release: string | null = candidate) {
  const adapter = connectNodeAdapter({ routes });
  const server: Http2Server = createServer((request, response) => {
    if (release !== null) response.setHeader(releaseHeader, release);
    adapter(request, response);
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push({
    close: async () => {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return `http://127.0.0.1:${address.port}`;
}

const health = (status: 'SERVING' | 'NOT_SERVING') => (router: ConnectRouter) =>
  router.service(Health, { check: () => fromJson(Health.method.check.output, { status }) });

function smoke(url: string, requests: readonly CallSpec[], more: Partial<ReleaseCallsOptions> = {}) {
  const calls = openReleaseCalls({ edge: { url }, readSecret: async () => undefined, clock: systemClock, ...more });
  return calls.smoke(targetOf({ requests }, 'grpc'), never);
}

test('health is asked by JSON and looked into', async () => {
  const seen: string[] = [];
  const url = await startServer((router) =>
    router.service(Health, {
      check: ({ service }, { requestHeader }) => {
        seen.push(`${service} ${requestHeader.get(rolloutHeader)} ${requestHeader.get('traceparent')?.slice(-3)}`);
        return fromJson(Health.method.check.output, { status: 'SERVING' });
      },
    }),
  );
  const named: CallSpec = { ...healthy, name: 'named', method: 'POST', body: '{"service":"a.B"}' };
  expect(await smoke(url, [named])).toMatchObject({ result: 'open' });
  expect(seen).toEqual([`a.B ${rolloutHeaderValue(uid, candidate)} -01`]);
});

test('a release that does not serve shuts the gate, though its status is OK', async () => {
  expect(await smoke(await startServer(health('NOT_SERVING')), [healthy])).toMatchObject({
    result: 'shut',
    reason: expect.stringContaining('/grpc.health.v1.Health/Check: /status: "SERVING" wanted, "NOT_SERVING"'),
  });
});

test('a method whose messages are not known is judged by its status, whatever it answers', async () => {
  const asked: string[] = [];
  const url = await startServer((router) =>
    router.service(OrderService, {
      listOrders: ({ accountId }) => {
        asked.push(accountId);
        return { orders: [{ id: 'o-1', quantity: 3n }] };
      },
    }),
  );
  const list: CallSpec = { name: 'list', path: '/exchange.orders.v1.OrderService/ListOrders', expect: { status: 0 } };
  expect(await smoke(url, [list])).toMatchObject({ result: 'open' });
  expect(asked).toEqual(['']);
  expect(await smoke(url, [{ ...list, expect: { status: 3 } }])).toMatchObject({
    result: 'shut',
    reason: expect.stringContaining('status: 3 wanted, 0'),
  });
});

test('the status of an error is an answer of the release that gave it', async () => {
  const failing = (router: ConnectRouter) =>
    router.service(Health, {
      check: () => {
        throw new ConnectError('on purpose', Code.Internal);
      },
    });
  const url = await startServer(failing);
  expect(await smoke(url, [healthy])).toMatchObject({
    result: 'shut',
    reason: expect.stringContaining('status: 0 wanted, 13'),
  });
  expect(await smoke(url, [{ ...healthy, expect: { status: 13 } }])).toMatchObject({ result: 'open' });
});

test('an answer of the stable release, or of nobody, leaves the gate pending', async () => {
  const other = await startServer(health('SERVING'), stable);
  expect(await smoke(other, [healthy])).toMatchObject({
    result: 'pending',
    reason: expect.stringContaining(`answered by ${stable}`),
  });
  const nobody = await startServer(() => {}, null);
  expect(await smoke(nobody, [healthy])).toMatchObject({
    result: 'pending',
    reason: expect.stringContaining('status 12'),
  });
  expect(await smoke('http://127.0.0.1:1', [healthy])).toMatchObject({
    result: 'pending',
    reason: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a method that does not answer in time shuts the gate', async () => {
  const clock = createTestClock();
  let asked = false;
  const url = await startServer((router) =>
    router.service(Health, {
      check: () => {
        asked = true;
        return new Promise(() => {});
      },
    }),
  );
  const answer = smoke(url, [healthy], { clock, timeoutMs: 700 });
  await eventually('the method is called', () => asked);
  clock.advance(700);
  expect(await answer).toMatchObject({ result: 'shut', reason: expect.stringContaining('no answer within 700 ms') });
});

test('messages that are not known cannot be written or looked into', async () => {
  expect(await smoke('http://127.0.0.1:1', [{ ...healthy, path: '/shop.v1.Shop/Buy' }])).toMatchObject({
    result: 'shut',
    reason: expect.stringContaining('expect.json of /shop.v1.Shop/Buy: the messages of this gRPC method are not known'),
  });
});
