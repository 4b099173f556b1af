import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accounts } from '../accounts/service.ts';
import { faultOf } from '../kit/rehearsal.ts';
import { type Running, testExchange } from '../testing/exchange.ts';
import { grpcJsClient, healthClient, type Message } from '../testing/grpc.ts';
import { type RunningPostgres, startPostgres } from '../testing/postgres.ts';
import { newKey, startIdentity, tokenFor } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { orders } from './service.ts';

const exchange = await testExchange();
let postgres: RunningPostgres;
let issuer: Running;
let keeper: Running;
let running: Running;
let alice: string;
let bob: string;
let account: string;
const clients: { close(): void }[] = [];

const bothContracts = { version: '2.0.0', contracts: ['v1', 'v2'] } as const;

function ordersOptions(accountsSocket = keeper.socket) {
  return {
    environment: { DATABASE_URL: postgres.urlOf('orders') },
    providers: { 'identity:8080': issuer.socket, 'accounts:8080': accountsSocket, 'postgres:5432': postgres.socket },
  };
}

function client(contract: 'v1' | 'v2', at: Running = running) {
  const made = grpcJsClient(contract, at.socket);
  clients.push(made);
  return made;
}

beforeAll(async () => {
  [postgres, issuer] = await Promise.all([
    startPostgres(['accounts', 'orders']),
    startIdentity(exchange, [newKey('one')]),
  ]);
  const providers = { 'identity:8080': issuer.socket, 'postgres:5432': postgres.socket };
  keeper = await exchange.start(
    accounts,
    { version: '1.4.0', contracts: ['v1'] },
    { environment: { DATABASE_URL: postgres.urlOf('accounts') }, providers },
  );
  running = await exchange.start(orders, bothContracts, ordersOptions());
  [alice, bob] = await Promise.all([tokenFor(issuer, 'alice'), tokenFor(issuer, 'bob')]);
  account = await newAccount();
}, 60_000);
afterAll(async () => {
  for (const one of clients) one.close();
  await exchange.close();
  expect(await postgres.stop()).toBe(0);
}, 60_000);

async function newAccount(): Promise<string> {
  const headers = { authorization: alice, 'idempotency-key': randomUUID() };
  const { body } = await keeper.send({ method: 'POST', path: '/v1/accounts', headers, body: { currency: 'EUR' } });
  if (typeof body !== 'object' || body === null || !('id' in body)) throw new TypeError(JSON.stringify(body));
  return String(body.id);
}

const market = (clientOrderId: string, more: Message = {}): Message => ({
  account_id: account,
  client_order_id: clientOrderId,
  instrument: 'ACME',
  side: 'SIDE_BUY',
  quantity: '3',
  ...more,
});
type Refusal = readonly [string, () => [Message, string | undefined], keyof typeof status];

const limit = (clientOrderId: string, timeInForce: string, more: Message = {}): Message =>
  market(clientOrderId, {
    limit: { price: { currency: 'EUR', amount_minor: '1050' }, time_in_force: timeInForce },
    ...more,
  });

describe('unary', () => {
  test('PlaceOrder takes effect once', async () => {
    const first = await client('v1').unary('PlaceOrder', market('once'), alice);
    expect(first).toMatchObject({
      order: { client_order_id: 'once', status: 'ORDER_STATUS_FILLED', quantity: '3', sequence: expect.any(String) },
    });
    expect(await client('v1').unary('PlaceOrder', market('once'), alice)).toEqual(first);
    await expect(client('v1').unary('PlaceOrder', market('once', { quantity: '4' }), alice)).rejects.toMatchObject({
      code: status.ALREADY_EXISTS,
    });
  });

  test.each([
    ['no token', () => [market('x'), undefined], 'UNAUTHENTICATED'],
    ['a bad token', () => [market('x'), 'Bearer a.b.c'], 'UNAUTHENTICATED'],
    ["someone else's account", () => [market('x'), bob], 'PERMISSION_DENIED'],
    ['an unknown account', () => [market('x', { account_id: randomUUID() }), alice], 'NOT_FOUND'],
    ['no side', () => [market('x', { side: 'SIDE_UNSPECIFIED' }), alice], 'INVALID_ARGUMENT'],
    ['quantity 0', () => [market('x', { quantity: '0' }), alice], 'INVALID_ARGUMENT'],
    ['an account id that is none', () => [market('x', { account_id: "' or 1=1" }), alice], 'INVALID_ARGUMENT'],
  ] satisfies readonly Refusal[])('%s', async (_name, given, code) => {
    const [message, token] = given();
    const failure = await client('v1')
      .unary('PlaceOrder', message, token)
      .catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ code: status[code] });
    expect(releaseOf(failure)).toEqual(['2.0.0']);
  });

  test('a deadline that has passed is DEADLINE_EXCEEDED, a provider that is away UNAVAILABLE', async () => {
    await expect(
      client('v1').unary('PlaceOrder', market('late'), alice, { deadline: new Date(0) }),
    ).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    const alone = await exchange.start(orders, bothContracts, ordersOptions('/nowhere'));
    await expect(client('v1', alone).unary('PlaceOrder', market('alone'), alice)).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
    await alone.stop();
  });

  test('limit orders: v2 tells everything, v1 sees them by translation', async () => {
    const v2 = client('v2');
    expect(await v2.unary('PlaceOrder', limit('open', 'TIME_IN_FORCE_DAY'), alice)).toMatchObject({
      order: {
        status: 'ORDER_STATUS_OPEN',
        terms: 'limit',
        limit: { price: { currency: 'EUR', amount_minor: '1050' }, time_in_force: 'TIME_IN_FORCE_DAY' },
      },
    });
    expect(await v2.unary('PlaceOrder', limit('now', 'TIME_IN_FORCE_IMMEDIATE_OR_CANCEL'), alice)).toMatchObject({
      order: { status: 'ORDER_STATUS_EXPIRED' },
    });
    expect(await client('v1').unary('ListOrders', { account_id: account, last: 2 }, alice)).toMatchObject({
      orders: [
        { client_order_id: 'now', status: 'ORDER_STATUS_CANCELLED' },
        { client_order_id: 'open', status: 'ORDER_STATUS_ACCEPTED' },
      ],
    });
    await expect(v2.unary('PlaceOrder', market('no-terms'), alice)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });

  test('release 1.4.0 serves v1 and knows no v2', async () => {
    const old = await exchange.start(orders, { version: '1.4.0', contracts: ['v1'] }, ordersOptions());
    expect(await client('v1', old).unary('PlaceOrder', market('at-old'), alice)).toMatchObject({
      order: { status: 'ORDER_STATUS_FILLED' },
    });
    await expect(client('v2', old).unary('ListOrders', { account_id: account }, alice)).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
    });
    await old.stop();
  });
});

describe('streams', () => {
  test('PlaceBatch answers each order, wrong ones with the reason', async () => {
    const answer = await client('v1').send(
      'PlaceBatch',
      [{ order: market('b1') }, { order: market('b2', { quantity: '0' }) }, { order: market('b3') }],
      alice,
    );
    expect(answer).toMatchObject({
      complete: true,
      orders: [{ client_order_id: 'b1' }, { client_order_id: 'b3' }],
      rejections: [{ client_order_id: 'b2', code: 'INVALID_ARGUMENT' }],
    });
  });

  test('Trade answers in order and cancels', async () => {
    const stream = client('v2').both('Trade', alice);
    const answers: Message[] = [];
    const ended = new Promise<void>((resolve, reject) =>
      stream
        .on('data', (message: Message) => answers.push(message))
        .on('end', resolve)
        .on('error', reject),
    );
    stream.write({ place: limit('t1', 'TIME_IN_FORCE_GOOD_TILL_CANCELLED') });
    stream.write({ cancel: { account_id: account, client_order_id: 't1' } });
    stream.write({ cancel: { account_id: account, client_order_id: 't1' } });
    stream.end();
    await ended;
    expect(answers).toMatchObject([
      { order: { status: 'ORDER_STATUS_OPEN' } },
      { order: { status: 'ORDER_STATUS_CANCELLED' } },
      { rejection: { client_order_id: 't1', code: 'FAILED_PRECONDITION' } },
    ]);
  });

  test('WatchOrders tells the past and what comes, without a gap; a leaving instance says where to go on', async () => {
    const own = { account_id: await newAccount() };
    const leaving = await exchange.start(orders, bothContracts, ordersOptions());
    const place = (n: number) => client('v1').unary('PlaceOrder', market(`w${n}`, own), alice);
    await place(1);
    const first = collected(client('v1', leaving), { ...own, after_sequence: '0' });
    await until('the past', () => (first.sequences.length === 2 ? true : undefined));
    await Promise.all([place(2), place(3), place(4)]);
    await until('what comes', () => (first.sequences.length === 8 ? true : undefined));
    expect(await leaving.stop()).toBe(true);
    await first.ended;
    expect(first.events.at(-1)).toMatchObject({ going_away: { resume_after: '8' } });

    await place(5);
    const second = collected(client('v1'), { ...own, after_sequence: '8' });
    await until('the rest', () => (second.sequences.length === 2 ? true : undefined));
    expect([...first.sequences, ...second.sequences]).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
    second.cancel();
  });

  test('a stream of age is told to go on elsewhere, and a watcher that does so misses nothing', async () => {
    const options = ordersOptions();
    const aging = await exchange.start(orders, bothContracts, {
      ...options,
      environment: { ...options.environment, MAX_STREAM_AGE_MS: '150' },
    });
    const own = { account_id: await newAccount() };
    const sequences: string[] = [];
    const resumed: string[] = [];
    for (let n = 1; sequences.length < 8; n += 1) {
      const watch = collected(client('v2', aging), { ...own, after_sequence: resumed.at(-1) ?? '0' });
      if (n <= 4) await client('v1', aging).unary('PlaceOrder', market(`age${n}`, own), alice);
      await watch.ended;
      sequences.push(...watch.sequences);
      expect(watch.events.at(-1)).toMatchObject({ going_away: { resume_after: sequences.at(-1) ?? '0' } });
      resumed.push(sequences.at(-1) ?? '0');
    }
    expect(sequences).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);

    const answers: Message[] = [];
    const trade = client('v1', aging).both('Trade', alice);
    trade.on('data', (message: Message) => answers.push(message));
    await until('GoingAway', () => answers.find((answer) => answer.going_away));
    trade.write({ place: market('after-age', own) });
    trade.end();
    await new Promise((resolve, reject) => trade.on('end', resolve).on('error', reject));
    expect(answers).toMatchObject([{ going_away: {} }, { order: { client_order_id: 'after-age' } }]);
    expect(await aging.stop()).toBe(true);
  });

  test('a Trade stream of a leaving instance: GoingAway, answers to the end, OK', async () => {
    const leaving = await exchange.start(orders, bothContracts, ordersOptions());
    const stream = client('v1', leaving).both('Trade', alice);
    const answers: Message[] = [];
    const ended = new Promise<void>((resolve, reject) =>
      stream
        .on('data', (message: Message) => answers.push(message))
        .on('end', resolve)
        .on('error', reject),
    );
    stream.write({ place: market('g1') });
    await until('an answer', () => answers[0]);
    const stopped = leaving.stop();
    await until('GoingAway', () => answers.find((answer) => answer.going_away));
    stream.write({ place: market('g2') });
    stream.end();
    await ended;
    expect(await stopped).toBe(true);
    expect(answers).toMatchObject([
      { order: { client_order_id: 'g1' } },
      { going_away: {} },
      { order: { client_order_id: 'g2' } },
    ]);
  });

  test('while an instance leaves, unary calls on a connection that is open fail in no case', async () => {
    const leaving = await exchange.start(orders, bothContracts, ordersOptions());
    const one = client('v1', leaving);
    const calls = Array.from({ length: 20 }, () => one.unary('ListOrders', { account_id: account }, alice));
    await calls[0];
    expect(await leaving.stop()).toBe(true);
    expect((await Promise.allSettled(calls)).filter((call) => call.status === 'rejected')).toEqual([]);
  });
});

test('health says SERVING, NOT_SERVING is for nobody, unknown services are NOT_FOUND', async () => {
  const health = healthClient(running.socket);
  clients.push(health);
  expect(await health.unary('Check', { service: '' })).toEqual({ status: 'SERVING' });
  expect(await health.unary('Check', { service: 'exchange.orders.v2.OrderService' })).toEqual({ status: 'SERVING' });
  await expect(health.unary('Check', { service: 'other' })).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test.each(['2.1.0-errors', '2.1.0-wrong-body', '2.1.0-breaks-v1'] as const)(
  '%s is wrong in its way',
  async (version) => {
    const wrong = await exchange.start(
      orders,
      { ...bothContracts, version, fault: faultOf('orders', version) },
      ordersOptions(),
    );
    const one = client('v1', wrong);
    const outcomes: string[] = [];
    for (let n = 0; n < 10; n += 1) {
      const answer = await one.unary('PlaceOrder', market(`r-${version}-${n}`), alice).catch((cause: unknown) => cause);
      outcomes.push(outcomeOf(answer));
    }
    const expected = { '2.1.0-errors': 'INTERNAL', '2.1.0-wrong-body': 'empty', '2.1.0-breaks-v1': 'no id' }[version];
    expect([version, outcomes.filter((outcome) => outcome === expected).length, outcomes]).toEqual([
      version,
      version === '2.1.0-breaks-v1' ? 10 : 2,
      outcomes,
    ]);
    await wrong.stop();
  },
);

function outcomeOf(answer: unknown): string {
  if (answer instanceof Error) return 'code' in answer ? String(status[Number(answer.code)]) : answer.message;
  const { order } = answer as { order: { id?: string } | null };
  if (!order) return 'empty';
  return !order.id ? 'no id' : 'right';
}

function releaseOf(failure: unknown): unknown {
  if (!(failure instanceof Error) || !('metadata' in failure)) return undefined;
  const { metadata } = failure as Error & { metadata: { get(name: string): unknown } };
  return metadata.get('x-parley-release');
}

function collected(at: ReturnType<typeof grpcJsClient>, request: Message) {
  const stream = at.read('WatchOrders', request, alice);
  const events: Message[] = [];
  const sequences: string[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    stream.on('data', (event: { order?: { sequence: string } }) => {
      events.push(event);
      if (event.order) sequences.push(event.order.sequence);
    });
    stream.on('end', resolve);
    stream.on('error', (cause: Error & { code?: number }) =>
      cause.code === status.CANCELLED ? resolve() : reject(cause),
    );
  });
  return { events, sequences, ended, cancel: () => stream.cancel() };
}
