import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accounts } from '../accounts/service.ts';
import { faultOf } from '../kit/rehearsal.ts';
import { orders } from '../orders/service.ts';
import { type Running, testExchange } from '../testing/exchange.ts';
import { type RunningPostgres, startPostgres } from '../testing/postgres.ts';
import { newKey, startIdentity, tokenFor } from '../testing/tokens.ts';
import { portfolio } from './service.ts';

const exchange = await testExchange();
const first = { version: '1.4.0', contracts: ['v1'] } as const;
const second = { version: '2.0.0', contracts: ['v1', 'v2'] } as const;
let postgres: RunningPostgres;
let issuer: Running;
let keeper: Record<'old' | 'new', Running>;
let desk: Record<'old' | 'new', Running>;
let alice: string;
let account: string;

beforeAll(async () => {
  [postgres, issuer] = await Promise.all([
    startPostgres(['accounts', 'orders']),
    startIdentity(exchange, [newKey('one')]),
  ]);
  const providers = { 'identity:8080': issuer.socket, 'postgres:5432': postgres.socket };
  const forAccounts = { environment: { DATABASE_URL: postgres.urlOf('accounts') }, providers };
  keeper = {
    old: await exchange.start(accounts, first, forAccounts),
    new: await exchange.start(accounts, second, forAccounts),
  };
  const forOrders = {
    environment: { DATABASE_URL: postgres.urlOf('orders') },
    providers: { ...providers, 'accounts:8080': keeper.old.socket },
  };
  desk = { old: await exchange.start(orders, first, forOrders), new: await exchange.start(orders, second, forOrders) };
  alice = await tokenFor(issuer, 'alice');
  const headers = { authorization: alice, 'idempotency-key': randomUUID() };
  const { body } = await keeper.old.send({ method: 'POST', path: '/v1/accounts', headers, body: { currency: 'EUR' } });
  account = (body as { id: string }).id;
}, 60_000);
afterAll(async () => {
  await exchange.close();
  expect(await postgres.stop()).toBe(0);
}, 60_000);

function startPortfolio(
  release: Parameters<typeof exchange.start>[1],
  accountsSocket = keeper.new.socket,
  ordersSocket = desk.new.socket,
) {
  return exchange.start(portfolio, release, {
    providers: { 'identity:8080': issuer.socket, 'accounts:8080': accountsSocket, 'orders:8080': ordersSocket },
  });
}

function ask(at: Running, query: string, headers: Record<string, string> = { authorization: alice }) {
  return at.send({ method: 'POST', path: '/graphql', headers, body: { query } });
}

const placing = (clientOrderId: string, more = '') =>
  `mutation { placeOrder(input: { accountId: "${account}", clientOrderId: "${clientOrderId}", instrument: "ACME", side: BUY, quantity: 3 ${more} }) { id clientOrderId status } }`;
const everything =
  '{ me { id accounts { id currency balance orders(last: 2) { clientOrderId side quantity status } } } }';

describe('aggregates', () => {
  test.each([
    ['1.4.0', first, 'old', 'old'],
    ['1.4.0 over newer providers', first, 'new', 'new'],
    ['2.0.0', second, 'new', 'new'],
    ['2.0.0 over older providers', second, 'old', 'old'],
  ] as const)('%s answers every operation of v1', async (name, release, accountsRelease, ordersRelease) => {
    const at = await startPortfolio(release, keeper[accountsRelease].socket, desk[ordersRelease].socket);
    const id = name.replaceAll(' ', '-');
    expect(await ask(at, placing(id))).toMatchObject({
      status: 200,
      body: { data: { placeOrder: { clientOrderId: id, status: 'FILLED' } } },
    });
    const { body, headers } = await ask(at, everything);
    expect(body).not.toHaveProperty('errors');
    expect(body).toMatchObject({
      data: {
        me: {
          id: 'alice',
          accounts: [
            {
              id: account,
              currency: 'EUR',
              balance: '0.00',
              orders: expect.arrayContaining([expect.objectContaining({ clientOrderId: id })]),
            },
          ],
        },
      },
    });
    expect(headers['x-parley-release']).toBe(release.version);
    await at.stop();
  });

  test('2.0.0 tells balances and limits; over older providers what they can tell', async () => {
    const rich =
      '{ me { accounts { balances { currency amountMinor } orders(last: 1) { clientOrderId limit { price { amountMinor } timeInForce } } } } }';
    const at = await startPortfolio(second);
    await ask(at, placing('limited', ', limit: { currency: "EUR", amountMinor: "1050" }'));
    expect((await ask(at, rich)).body).toEqual({
      data: {
        me: {
          accounts: [
            {
              balances: [{ currency: 'EUR', amountMinor: '0' }],
              orders: [
                {
                  clientOrderId: 'limited',
                  limit: { price: { amountMinor: '1050' }, timeInForce: 'GOOD_TILL_CANCELLED' },
                },
              ],
            },
          ],
        },
      },
    });
    const overOld = await startPortfolio(second, keeper.old.socket, desk.old.socket);
    expect((await ask(overOld, rich)).body).toMatchObject({
      data: { me: { accounts: [{ balances: [{ currency: 'EUR', amountMinor: '0' }], orders: [{ limit: null }] }] } },
    });
    expect(
      (await ask(overOld, placing('limited-2', ', limit: { currency: "EUR", amountMinor: "1" }'))).body,
    ).toMatchObject({
      data: { placeOrder: null },
      errors: [{ extensions: { code: 'CONTRACT_NOT_SERVED', provider: 'orders' } }],
    });
  });
});

test('the metrics tell the contract that an operation needs, not what the release could serve', async () => {
  const [old, at] = [await startPortfolio(first), await startPortfolio(second)];
  const rich = '{ me { accounts { balances { currency } } } }';
  for (const query of [everything, everything, rich, '{ me { password } }']) await ask(at, query);
  await ask(old, everything);
  expect(await countsOf(at)).toEqual({ none: 1, v1: 2, v2: 1 });
  expect(await countsOf(old)).toEqual({ v1: 1 });
});

/** Answered requests by contract. */
async function countsOf(at: Running): Promise<Record<string, number>> {
  const text = await at.metrics();
  const counts = text.matchAll(/^parley_requests_total\{contract="(\w+)".*\} (\d+)/gm);
  return Object.fromEntries([...counts].map(([, contract, count]) => [contract, Number(count)]));
}

describe('partial answers', () => {
  test('orders away: accounts are told, orders are null with the reason', async () => {
    const at = await startPortfolio(first, keeper.new.socket, '/nowhere');
    expect((await ask(at, everything)).body).toMatchObject({
      data: { me: { id: 'alice', accounts: [{ balance: '0.00', orders: null }] } },
      errors: [{ path: ['me', 'accounts', 0, 'orders'], extensions: { code: 'PROVIDER_AWAY', provider: 'orders' } }],
    });
  });

  test('accounts away: who I am is told', async () => {
    const at = await startPortfolio(second, '/nowhere');
    expect((await ask(at, everything)).body).toMatchObject({
      data: { me: { id: 'alice', accounts: null } },
      errors: [{ extensions: { code: 'PROVIDER_AWAY', provider: 'accounts' } }],
    });
  });

  test('a provider that breaks its contract is named', async () => {
    const fault = faultOf('accounts', '2.1.0-breaks-v1');
    const environment = { DATABASE_URL: postgres.urlOf('accounts') };
    const providers = { 'identity:8080': issuer.socket, 'postgres:5432': postgres.socket };
    const broken = await exchange.start(
      accounts,
      { ...second, version: '2.1.0-breaks-v1', fault },
      { environment, providers },
    );
    const at = await startPortfolio(first, broken.socket);
    expect((await ask(at, everything)).body).toMatchObject({
      data: { me: { accounts: null } },
      errors: [{ extensions: { code: 'PROVIDER_FAILED', provider: 'accounts' } }],
    });
  });
});

describe('limits', () => {
  let at: Running;
  beforeAll(async () => {
    at = await startPortfolio(second);
  });

  const aliases = Array.from({ length: 16 }, (_, n) => `a${n}: id`).join(' ');
  const doubling = Array.from({ length: 20 }, (_, n) => `fragment F${n} on Me { ...F${n + 1} ...F${n + 1} }`).join(' ');
  test.each([
    ['too many aliases', `{ me { ${aliases} } }`, /aliases 16, at most 15/],
    ['too dear', '{ me { accounts { orders(last: 100) { id side quantity status } } } }', /cost \d+, at most 1000/],
    [
      'too dear by a variable',
      'query($n: Int) { me { accounts { orders(last: $n) { id side quantity status } } } }',
      /cost/,
    ],
    ['fragments that double', `{ me { ...F0 } } ${doubling} fragment F20 on Me { id }`, /cost/],
    [
      'a cycle of fragments',
      '{ me { ...A } } fragment A on Me { ...B } fragment B on Me { ...A }',
      /Cannot spread fragment/,
    ],
    ['too many tokens', `{ me { ${'id '.repeat(1_000)} } }`, /tokens/],
    ['an unknown field', '{ me { password } }', /Cannot query field/],
  ])('%s', async (_name, query, reason) => {
    const { body } = await ask(at, query);
    expect(body).toMatchObject({ errors: [{ message: expect.stringMatching(reason) }] });
    expect(body).not.toHaveProperty('data.me');
  });

  test('no token, no answer; introspection with one', async () => {
    expect(await ask(at, everything, {})).toMatchObject({ status: 401 });
    const { body } = await ask(
      at,
      '{ __type(name: "Account") { fields(includeDeprecated: true) { name isDeprecated } } }',
    );
    expect(body).toMatchObject({
      data: {
        __type: {
          fields: expect.arrayContaining([
            { name: 'balance', isDeprecated: true },
            { name: 'balances', isDeprecated: false },
          ]),
        },
      },
    });
  });

  test('GET asks, and never changes anything; no batches; no large bodies', async () => {
    const headers = { authorization: alice };
    expect(await at.send({ path: `/graphql?query=${encodeURIComponent('{ me { id } }')}`, headers })).toMatchObject({
      status: 200,
      body: { data: { me: { id: 'alice' } } },
    });
    expect((await at.send({ path: `/graphql?query=${encodeURIComponent(placing('by-get'))}`, headers })).status).toBe(
      405,
    );
    expect(
      (await at.send({ method: 'POST', path: '/graphql', headers, body: [{ query: '{ me { id } }' }] })).status,
    ).toBe(400);
    expect(
      (
        await at.send({
          method: 'POST',
          path: '/graphql',
          headers,
          body: { query: `{ me { id } } #${'x'.repeat(70_000)}` },
        })
      ).status,
    ).toBe(413);
  });

  test("a caller's mistake is told, with nothing of the inside", async () => {
    expect((await ask(at, placing('"').replace('"""', '" "'))).body).toHaveProperty('errors');
    expect((await ask(at, placing('x').replace(account, randomUUID()))).body).toMatchObject({
      data: { placeOrder: null },
      errors: [{ extensions: { code: 'NOT_FOUND', provider: 'orders' } }],
    });
  });
});

test('2.1.0-errors fails in the body of one answer in five, and the metrics tell', async () => {
  const at = await startPortfolio({ ...second, version: '2.1.0-errors', fault: faultOf('portfolio', '2.1.0-errors') });
  const bodies: unknown[] = [];
  for (let n = 0; n < 5; n += 1) bodies.push((await ask(at, '{ me { id } }')).body);
  expect(bodies.filter((body) => JSON.stringify(body).includes('REHEARSED_ERROR'))).toHaveLength(1);
});
