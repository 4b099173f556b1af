import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accounts } from '../../services/accounts/service.ts';
import { orders } from '../../services/orders/service.ts';
import { type Running, testExchange } from '../../services/testing/exchange.ts';
import { grpcJsClient, healthClient } from '../../services/testing/grpc.ts';
import { type RunningPostgres, startPostgres } from '../../services/testing/postgres.ts';
import { type RunningRelease, startRelease } from '../../services/testing/release.ts';
import { newKey, startIdentity, tokenFor } from '../../services/testing/tokens.ts';
import { until } from '../../services/testing/wait.ts';

const services = ['accounts', 'orders', 'portfolio'] as const;
type Service = (typeof services)[number];
type Contract = 'v1' | 'v2';
/** An answer, without what differs from call to call; an error is told by its name. */
type Answer = { readonly error: string } | { readonly body: unknown };

const both = { version: '2.0.0', contracts: ['v1', 'v2'] } as const;
const exchange = await testExchange();
const clients: { close(): void }[] = [];
let postgres: RunningPostgres;
let right: Record<Exclude<Service, 'portfolio'>, Running>;
let providers: Record<string, string>;
let alice: string;
let account: string;

beforeAll(async () => {
  const [database, issuer] = await Promise.all([
    startPostgres(['accounts', 'orders']),
    startIdentity(exchange, [newKey('one')]),
  ]);
  postgres = database;
  providers = { 'identity:8080': issuer.socket, 'postgres:5432': postgres.socket };
  const keeper = await exchange.start(accounts, both, { environment: databaseOf('accounts'), providers });
  providers = { ...providers, 'accounts:8080': keeper.socket };
  const desk = await exchange.start(orders, both, { environment: databaseOf('orders'), providers });
  providers = { ...providers, 'orders:8080': desk.socket };
  right = { accounts: keeper, orders: desk };
  alice = await tokenFor(issuer, 'alice');
  const headers = { authorization: alice, 'idempotency-key': randomUUID() };
  const { body } = await keeper.send({ method: 'POST', path: '/v1/accounts', headers, body: { currency: 'EUR' } });
  account = (body as { id: string }).id;
  const order = { account_id: account, client_order_id: 'one', instrument: 'ACME', side: 'SIDE_BUY', quantity: '3' };
  await dialled(desk.socket, 'v1').unary('PlaceOrder', order, alice);
}, 60_000);
afterAll(async () => {
  for (const one of clients) one.close();
  await exchange.close();
  expect(await postgres.stop()).toBe(0);
}, 60_000);

function databaseOf(service: Service): Record<string, string> {
  return service === 'portfolio' ? {} : { DATABASE_URL: postgres.urlOf(service) };
}

function dialled(socket: string, contract: Contract) {
  const client = grpcJsClient(contract, socket);
  clients.push(client);
  return client;
}

type Ask = (contract: Contract) => Promise<Answer>;

const asking: Readonly<Record<Service, (at: RunningRelease | Running) => Ask>> = {
  accounts: (at) => async (contract) => {
    const answer = await at.send({ path: `/${contract}/accounts/${account}`, headers: { authorization: alice } });
    return answer.status === 200 ? { body: answer.body } : { error: String(answer.status) };
  },
  orders: (at) => {
    const ways = { v1: dialled(at.socket, 'v1'), v2: dialled(at.socket, 'v2') };
    return (contract) =>
      ways[contract].unary('ListOrders', { account_id: account, last: 1 }, alice).then(
        (body) => ({ body }),
        (cause: { code: number }) => ({ error: String(status[cause.code]) }),
      );
  },
  portfolio: (at) => async (contract) => {
    const money = contract === 'v1' ? 'balance' : 'balances { currency amountMinor }';
    const query = `{ me { accounts { id ${money} orders(last: 1) { clientOrderId status } } } }`;
    const { body } = await at.send({
      method: 'POST',
      path: '/graphql',
      headers: { authorization: alice },
      body: { query },
    });
    const { errors } = body as { errors?: { extensions: { code: string } }[] };
    return errors?.[0] ? { error: errors[0].extensions.code } : { body };
  },
};

/** What a release that breaks v1 makes of a right answer. */
const broken: Readonly<Record<Service, (body: string) => string>> = {
  accounts: (body) => body.replaceAll('"balance":', '"amount":'),
  orders: (body) => body.replaceAll(/"id":"[^"]+",?/g, ''),
  portfolio: (body) => body.replaceAll('"balance":', '"amount":'),
};
const errorOf = { accounts: '500', orders: 'INTERNAL', portfolio: 'REHEARSED_ERROR' } as const;

interface Seen {
  readonly answer: Answer;
  readonly tookMs: number;
}

/** Calls one after the other. */
async function calls(ask: Ask, contract: Contract, count: number): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  while (seen.length < count) {
    const begun = performance.now();
    const answer = await ask(contract);
    seen.push({ answer, tookMs: performance.now() - begun });
  }
  return seen;
}

/** Numbers of the calls for which `holds`. */
const which = (seen: readonly Seen[], holds: (one: Seen) => boolean) =>
  seen.flatMap((one, index) => (holds(one) ? [index] : []));
const every = (n: number) => Array.from({ length: 30 }, (_, index) => index).filter((index) => index % n === n - 1);

async function started(service: Service, version: string, environment: Record<string, string> = {}) {
  const own = Object.fromEntries(Object.entries(providers).filter(([place]) => place !== `${service}:8080`));
  const folder = join(exchange.folder, `rehearsed-${service}`);
  return startRelease(folder, service, version, own, { ...databaseOf(service), ...environment });
}

/** What the default release answers, by contract. */
async function rightAnswers(service: Service): Promise<Record<Contract, Answer>> {
  const at = service === 'portfolio' ? await started('portfolio', '2.0.0') : right[service];
  const ask = asking[service](at);
  const answers = { v1: await ask('v1'), v2: await ask('v2') };
  if (service === 'portfolio') await at.stop();
  for (const answer of Object.values(answers)) expect(answer).toHaveProperty('body');
  return answers;
}

describe.each(services)('%s', (service) => {
  let good: Record<Contract, Answer>;
  beforeAll(async () => {
    good = await rightAnswers(service);
  }, 60_000);

  /** Asks by both contracts; probes are exempt from what is wrong. */
  async function rehearsed(version: string, count = 30): Promise<Record<Contract, readonly Seen[]>> {
    const at = await started(service, version);
    const ask = asking[service](at);
    const seen = { v1: await calls(ask, 'v1', count), v2: await calls(ask, 'v2', count) };
    for (let n = 0; n < 10; n += 1) expect((await at.admin('/readyz')).status).toBe(200);
    if (service === 'orders') {
      const health = healthClient(at.socket);
      clients.push(health);
      for (let n = 0; n < 10; n += 1)
        expect(await health.unary('Check', { service: '' })).toEqual({ status: 'SERVING' });
    }
    expect(await at.stop(), at.said()).toBe(0);
    return seen;
  }

  const isRight = (contract: Contract) => (one: Seen) => isDeepStrictEqual(one.answer, good[contract]);
  const isWrong = (contract: Contract) => (one: Seen) => !isRight(contract)(one);

  test('2.1.0-errors: every fifth answer is an error, the others are right', async () => {
    const seen = await rehearsed('2.1.0-errors');
    for (const contract of ['v1', 'v2'] as const) {
      expect(which(seen[contract], isWrong(contract))).toEqual(every(5));
      const errors = seen[contract].filter(isWrong(contract)).map(({ answer }) => answer);
      expect(errors).toEqual(Array(6).fill({ error: errorOf[service] }));
    }
  }, 60_000);

  test('2.1.0-latency: every third answer comes 300 ms late, all are right', async () => {
    const seen = await rehearsed('2.1.0-latency', 9);
    for (const contract of ['v1', 'v2'] as const) {
      expect(which(seen[contract], isWrong(contract))).toEqual([]);
      const late = seen[contract].filter((_one, index) => index % 3 === 2).map(({ tookMs }) => tookMs);
      const others = seen[contract].filter((_one, index) => index % 3 !== 2).map(({ tookMs }) => tookMs);
      expect(Math.min(...late)).toBeGreaterThanOrEqual(299);
      // Most of them: a busy machine may hold a single one up.
      expect(others.toSorted((a, b) => a - b)[3]).toBeLessThan(200);
    }
  }, 60_000);

  test('2.1.0-wrong-body: every fifth body is another, with the status of success', async () => {
    const seen = await rehearsed('2.1.0-wrong-body');
    for (const contract of ['v1', 'v2'] as const) {
      expect(which(seen[contract], isWrong(contract))).toEqual(every(5));
      for (const { answer } of seen[contract]) expect(answer).toHaveProperty('body');
    }
  }, 60_000);

  test('2.1.0-breaks-v1: every answer of v1 breaks the contract in one place, v2 is right', async () => {
    const seen = await rehearsed('2.1.0-breaks-v1');
    const expected: unknown = JSON.parse(broken[service](JSON.stringify(good.v1)));
    expect(expected).not.toEqual(good.v1);
    expect(seen.v1.map(({ answer }) => answer)).toEqual(Array(30).fill(expected));
    expect(which(seen.v2, isWrong('v2'))).toEqual([]);
  }, 60_000);

  test('2.1.0-crash: right until its time has come, then it exits with 1 and says so', async () => {
    const at = await started(service, '2.1.0-crash', { FAULT_CRASH_AFTER_MS: '1500' });
    const ask = asking[service](at);
    const seen: Answer[] = [];
    let code: number | null | undefined;
    void at.gone.then((exit) => {
      code = exit;
    });
    await until('it is gone', async () => {
      const answer = await ask('v1').catch((cause: Error) => ({ error: cause.message }));
      if (code === undefined) seen.push(answer);
      return code === undefined ? undefined : true;
    });
    expect(seen[0]).toEqual(good.v1);
    expect([code, at.said()]).toEqual([1, expect.stringContaining('crashes on purpose 1500 ms after its start')]);
  }, 60_000);

  test('service.json says of each rehearsal, and of no other release, what is wrong', async () => {
    const { releases } = JSON.parse(
      await readFile(new URL(`../../services/${service}/service.json`, import.meta.url), 'utf8'),
    );
    const wrong = Object.entries<{ wrong?: string }>(releases).filter(([, release]) => release.wrong);
    expect(wrong.map(([version]) => version)).toEqual(
      ['errors', 'latency', 'wrong-body', 'crash', 'breaks-v1'].map((kind) => `2.1.0-${kind}`),
    );
  });
});
