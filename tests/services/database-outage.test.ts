import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accounts } from '../../services/accounts/service.ts';
import { orders } from '../../services/orders/service.ts';
import { type Running, testExchange } from '../../services/testing/exchange.ts';
import { grpcJsClient } from '../../services/testing/grpc.ts';
import { type RunningPostgres, startPostgres } from '../../services/testing/postgres.ts';
import { newKey, startIdentity, tokenFor } from '../../services/testing/tokens.ts';
import { until } from '../../services/testing/wait.ts';

const both = { version: '2.0.0', contracts: ['v1', 'v2'] } as const;
const writersEach = 3;
const exchange = await testExchange();
let postgres: RunningPostgres;
let keeper: Running;
let desk: Running;
let client: ReturnType<typeof grpcJsClient>;
let alice: string;
let account: string;

beforeAll(async () => {
  const [database, issuer] = await Promise.all([
    startPostgres(['accounts', 'orders']),
    startIdentity(exchange, [newKey('one')]),
  ]);
  postgres = database;
  const optionsOf = (name: string) => ({
    environment: { DATABASE_URL: postgres.urlOf(name) },
    providers: { 'identity:8080': issuer.socket, 'postgres:5432': postgres.socket },
  });
  keeper = await exchange.start(accounts, both, optionsOf('accounts'));
  const forOrders = optionsOf('orders');
  desk = await exchange.start(orders, both, {
    ...forOrders,
    providers: { ...forOrders.providers, 'accounts:8080': keeper.socket },
  });
  client = grpcJsClient('v1', desk.socket);
  alice = await tokenFor(issuer, 'alice');
  const opened = await sent('/v1/accounts', { currency: 'EUR' }, randomUUID());
  account = (opened.body as { id: string }).id;
}, 60_000);
afterAll(async () => {
  client.close();
  await exchange.close();
  expect(await postgres.stop()).toBe(0);
}, 60_000);

function sent(path: string, body: unknown, key: string) {
  const headers = { authorization: alice, 'idempotency-key': key };
  return keeper.send({ method: 'POST', path, body, headers });
}

/** `ok`, `away` as the contract tells it, or what came instead. */
type Outcome = string;

async function deposit(key: string): Promise<Outcome> {
  const answer = await sent(`/v1/accounts/${account}/deposits`, { amount: '1.00' }, key);
  if (answer.status === 201) return 'ok';
  const { type } = answer.body as { type?: string };
  const told = `${answer.status} ${answer.headers['content-type']} ${type} retry-after ${answer.headers['retry-after']}`;
  return told === '503 application/problem+json urn:parley:problem:database-away retry-after 1' ? 'away' : told;
}

async function place(id: string): Promise<Outcome> {
  const order = { account_id: account, client_order_id: id, instrument: 'ACME', side: 'SIDE_BUY', quantity: '1' };
  try {
    await client.unary('PlaceOrder', order, alice, { deadline: Date.now() + 20_000 });
    return 'ok';
  } catch (cause) {
    const { code = -1, message } = cause as { code?: number; message: string };
    return code === status.UNAVAILABLE ? 'away' : message;
  }
}

interface Attempt {
  readonly id: string;
  readonly outcome: Outcome;
  readonly tookMs: number;
}

/** Sends one after another until told to stop; each has an id of its own. */
async function writing(send: (id: string) => Promise<Outcome>, attempts: Attempt[], stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const id = randomUUID();
    const begun = performance.now();
    const outcome = await send(id);
    attempts.push({ id, outcome, tookMs: performance.now() - begun });
  }
}

const withOutcome = (attempts: readonly Attempt[], outcome: Outcome) =>
  attempts.filter((attempt) => attempt.outcome === outcome);

async function more(what: string, attempts: readonly Attempt[], outcome: Outcome): Promise<void> {
  const enough = withOutcome(attempts, outcome).length + 20;
  await until(
    `${what}: 20 more that are ${outcome}`,
    () => withOutcome(attempts, outcome).length >= enough || undefined,
    30_000,
  );
}

test('kill -9 of the database under load: 503 or UNAVAILABLE in time, recovery without help, nothing acknowledged is lost', async () => {
  const deposits: Attempt[] = [];
  const placed: Attempt[] = [];
  const stop = new AbortController();
  const writers = [
    ...Array.from({ length: writersEach }, () => writing(deposit, deposits, stop.signal)),
    ...Array.from({ length: writersEach }, () => writing(place, placed, stop.signal)),
  ];
  const bothSee = (what: string, outcome: Outcome) =>
    Promise.all([more(`deposits ${what}`, deposits, outcome), more(`orders ${what}`, placed, outcome)]);

  await bothSee('before', 'ok');
  await postgres.crash();
  await bothSee('while it is away', 'away');
  for (const service of [keeper, desk]) {
    expect(await service.admin('/readyz')).toMatchObject({
      status: 503,
      body: { waiting: { database: expect.any(String) } },
    });
    expect(await service.admin('/livez')).toMatchObject({ status: 200 });
  }
  await postgres.restart();
  await bothSee('after', 'ok');
  stop.abort();
  await Promise.all(writers);

  const all = [...deposits, ...placed];
  expect([...new Set(all.map(({ outcome }) => outcome))].sort()).toEqual(['away', 'ok']);
  // Five seconds for a connection, and what a busy machine adds.
  expect(Math.max(...all.map(({ tookMs }) => tookMs))).toBeLessThan(8_000);
  for (const service of [keeper, desk])
    await until('ready again', async () => (await service.admin('/readyz')).status === 200 || undefined);

  const acknowledged = withOutcome(deposits, 'ok').length;
  const inDoubt = (await balance()) - acknowledged;
  expect(inDoubt).toBeGreaterThanOrEqual(0);
  expect(inDoubt).toBeLessThanOrEqual(writersEach);
  expect(await ordersKept(withOutcome(placed, 'ok'))).toEqual([]);

  // What was refused may have taken effect; sent again it does so once.
  const again = withOutcome(deposits, 'away').slice(0, 20);
  for (const { id } of again) expect(await deposit(id)).toBe('ok');
  expect(await balance()).toBe(acknowledged + again.length);
}, 120_000);

async function balance(): Promise<number> {
  const { body } = await keeper.send({ path: `/v1/accounts/${account}`, headers: { authorization: alice } });
  return Number((body as { balance: string }).balance);
}

/** Those that the account's changes do not show as accepted and filled, once each. */
async function ordersKept(attempts: readonly Attempt[]): Promise<readonly string[]> {
  const wanted = new Map(attempts.map(({ id }) => [id, 2]));
  const stream = client.read('WatchOrders', { account_id: account, after_sequence: '0' }, alice);
  const left = () => [...wanted].filter(([, changes]) => changes !== 0).map(([id, changes]) => `${id}: ${changes}`);
  stream.on('data', ({ order }: { order: { client_order_id: string } }) => {
    const changes = wanted.get(order.client_order_id);
    if (changes !== undefined) wanted.set(order.client_order_id, changes - 1);
  });
  const ended = new Promise<void>((resolve) => stream.on('error', () => resolve()));
  await until('every acknowledged order', () => left().length === 0 || undefined, 20_000);
  stream.cancel();
  await ended;
  return left();
}
