import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import {
  ListOrdersRequestSchema,
  ListOrdersResponseSchema,
  OrderService,
  OrderStatus,
  Side,
} from '../../services/orders/contract/gen/exchange/orders/v1/orders_pb.js';
import { OrderService as OrderServiceV2 } from '../../services/orders/contract/gen/exchange/orders/v2/orders_pb.js';
import { type Exchange, startExchange } from '../exchange.ts';
import { grpcFrame, http } from '../http.ts';
import { bearer, type OrdersPeer, openOrdersPeer, type PeerOrder } from '../orders-peer.ts';
import { succeed } from '../program.ts';
import { openAccount } from './account.ts';
import { test } from './suite.ts';

let exchange: Exchange;
let token: string;
let accountId: string;
let headers: { authorization: string };
beforeAll(async () => {
  exchange = await startExchange();
  token = await exchange.token();
  headers = { authorization: `Bearer ${token}` };
  accountId = await openAccount(exchange, headers);
});
afterAll(() => exchange?.stop());

const clientOrderIds = (count: number): string[] => Array.from({ length: count }, () => randomUUID());

describe('the generated client', () => {
  let orders: Client<typeof OrderService>;
  beforeAll(() => {
    orders = createClient(OrderService, createGrpcTransport({ baseUrl: exchange.http }));
  });
  const wish = (clientOrderId: string) => ({
    accountId,
    clientOrderId,
    instrument: 'ACME',
    side: Side.BUY,
    quantity: 5n,
  });

  test('unary: placed once, however often it is sent', async () => {
    const [clientOrderId = ''] = clientOrderIds(1);
    const first = await orders.placeOrder(wish(clientOrderId), { headers });
    const again = await orders.placeOrder(wish(clientOrderId), { headers });
    expect(first.order).toMatchObject({ accountId, clientOrderId, instrument: 'ACME', quantity: 5n });
    expect(again.order?.id).toBe(first.order?.id);
  });

  test('client stream and server stream: a batch, and each change of it in sequence without gaps', async () => {
    const ids = clientOrderIds(5);
    const batch = await orders.placeBatch(
      (async function* () {
        for (const id of ids) yield { order: wish(id) };
      })(),
      { headers },
    );
    expect(batch.complete).toBe(true);
    expect(batch.orders.map(({ clientOrderId }) => clientOrderId)).toEqual(ids);
    const seen: bigint[] = [];
    const wanted = new Set(ids);
    for await (const { event } of orders.watchOrders({ accountId }, { headers, signal: AbortSignal.timeout(20_000) })) {
      if (event.case !== 'order') continue;
      seen.push(event.value.sequence);
      wanted.delete(event.value.clientOrderId);
      if (wanted.size === 0) break;
    }
    expect(seen).toEqual(seen.map((_, index) => BigInt(index + 1)));
  });

  test('bidirectional: an answer for each order, in the order in which they were sent', async () => {
    const ids = clientOrderIds(5);
    const answered: string[] = [];
    const requests = async function* () {
      for (const id of ids) yield { place: wish(id) };
    };
    for await (const { event } of orders.trade(requests(), { headers })) {
      expect(event.case).toBe('order');
      if (event.case === 'order') answered.push(event.value.clientOrderId);
    }
    expect(answered).toEqual(ids);
  });

  test('refusals have the status that the contract names', async () => {
    const status = (call: Promise<unknown>) =>
      call.then(
        () => 'OK',
        (error: unknown) => Code[ConnectError.from(error).code],
      );
    expect(await status(orders.placeOrder(wish(randomUUID())))).toBe('Unauthenticated');
    expect(await status(orders.placeOrder({ ...wish(randomUUID()), accountId: randomUUID() }, { headers }))).toBe(
      'NotFound',
    );
    expect(await status(orders.placeOrder({ ...wish(randomUUID()), quantity: 0n }, { headers }))).toBe(
      'InvalidArgument',
    );
    const readOnly = await readOnlyToken();
    expect(
      await status(orders.placeOrder(wish(randomUUID()), { headers: { authorization: `Bearer ${readOnly}` } })),
    ).toBe('PermissionDenied');
  });

  test('contract v2 is not there before release 2.0.0, and then is, beside v1', async () => {
    const second = createClient(OrderServiceV2, createGrpcTransport({ baseUrl: exchange.http }));
    const before = await second
      .listOrders({ accountId }, { headers })
      .catch((error) => Code[ConnectError.from(error).code]);
    expect(before).toBe('Unimplemented');
    await exchange.parley('release', 'orders', '2.0.0');
    await exchange.parley('split', 'orders', '1.4.0=0', '2.0.0=100');
    const { order } = await orders.placeOrder(wish(randomUUID()), { headers });
    const listed = await second.listOrders({ accountId, last: 1 }, { headers });
    expect(listed.orders.map(({ id, terms }) => [id, terms.case])).toEqual([[order?.id, 'market']]);
    expect(OrderStatus[order?.status ?? 0]).toMatch(/ACCEPTED|FILLED/);
    await exchange.parley('split', 'orders', '1.4.0=100', '2.0.0=0');
  });
});

/** The demo client again, asking for less than it may have. */
async function readOnlyToken(): Promise<string> {
  const secret = await exchange.get<{ data: { clients: string } }>('secret', 'identity');
  const clients = JSON.parse(Buffer.from(secret.data.clients, 'base64').toString('utf8')) as {
    id: string;
    secret: string;
  }[];
  const demo = clients.find(({ id }) => id === 'demo');
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'demo',
    client_secret: demo?.secret ?? '',
    scope: 'exchange.read',
  });
  const answer = await http(`${exchange.http}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  expect(answer.status, answer.text).toBe(200);
  return answer.json<{ access_token: string }>().access_token;
}

describe('another implementation of gRPC, from the contract alone', () => {
  let peer: OrdersPeer;
  beforeAll(async () => {
    peer = await openOrdersPeer(`127.0.0.1:${exchange.httpPort}`);
  });
  afterAll(() => peer?.close());
  const wish = (id: string) => ({
    account_id: accountId,
    client_order_id: id,
    instrument: 'ACME',
    side: 'SIDE_SELL',
    quantity: 3,
  });

  test('all four kinds of call', async () => {
    const [unary = '', ...others] = clientOrderIds(7);
    const placed = await new Promise<PeerOrder>((resolve, reject) =>
      peer.PlaceOrder(wish(unary), bearer(token), (error, answer) => (error ? reject(error) : resolve(answer.order))),
    );
    expect(placed).toMatchObject({ account_id: accountId, client_order_id: unary });

    const batch = await new Promise<{ orders: PeerOrder[]; complete: boolean }>((resolve, reject) => {
      const stream = peer.PlaceBatch(bearer(token), (error, answer) => (error ? reject(error) : resolve(answer)));
      for (const id of others.slice(0, 3)) stream.write({ order: wish(id) });
      stream.end();
    });
    expect(batch).toMatchObject({
      complete: true,
      orders: others.slice(0, 3).map((client_order_id) => ({ client_order_id })),
    });

    const trade = peer.Trade(bearer(token));
    const answers: (string | undefined)[] = [];
    trade.on('data', ({ order }: { order?: PeerOrder }) => answers.push(order?.client_order_id));
    for (const id of others.slice(3)) trade.write({ place: wish(id) });
    trade.end();
    await once(trade, 'end');
    expect(answers).toEqual(others.slice(3));

    const watch = peer.WatchOrders({ account_id: accountId }, bearer(token));
    watch.on('error', () => {
      // Cancelled below, which a client library reports as an error.
    });
    const [first] = (await once(watch, 'data')) as [{ order?: PeerOrder }];
    watch.cancel();
    expect(first.order?.sequence).toBe('1');
  });
});

test('curl speaks gRPC: a framed message by HTTP/2, status in the trailers', async () => {
  const [body, head, sent] = ['body', 'head', 'sent'].map((name) => join(exchange.scratch, `curl-${name}`)) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    sent,
    grpcFrame(toBinary(ListOrdersRequestSchema, create(ListOrdersRequestSchema, { accountId, last: 1 }))),
  );
  await succeed(
    [
      'curl', '-sS', '--http2-prior-knowledge', '--data-binary', `@${sent}`, '-o', body, '-D', head,
      '-H', 'content-type: application/grpc', '-H', 'te: trailers', '-H', `authorization: ${headers.authorization}`,
      `${exchange.http}/exchange.orders.v1.OrderService/ListOrders`,
    ],
    { env: exchange.env },
  ); // biome-ignore format: one command line
  expect(readFileSync(head, 'utf8')).toMatch(/grpc-status: 0/);
  const { orders } = fromBinary(ListOrdersResponseSchema, readFileSync(body).subarray(5));
  expect(orders).toHaveLength(1);
  expect(orders[0]?.accountId).toBe(accountId);
});
