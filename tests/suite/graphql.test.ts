import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { postJson } from '../http.ts';
import { podsOf } from '../pods.ts';
import { openAccount } from './account.ts';
import { test } from './suite.ts';

interface Answer {
  readonly data?: {
    readonly me?: { readonly id: string; readonly accounts: readonly AccountNode[] | null };
    readonly placeOrder?: { readonly id: string } | null;
  } | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly provider?: string };
  }[];
}

interface AccountNode {
  readonly id: string;
  readonly balance: string;
  readonly balances?: readonly { readonly currency: string; readonly amountMinor: string }[];
  readonly orders: readonly { readonly id: string; readonly clientOrderId: string }[] | null;
}

const whole = '{ me { id accounts { id balance orders(last: 5) { id clientOrderId } } } }';

let exchange: Exchange;
let headers: { authorization: string };
let accountId: string;
beforeAll(async () => {
  exchange = await startExchange();
  headers = { authorization: `Bearer ${await exchange.token()}` };
  accountId = await openAccount(exchange, headers);
});
afterAll(() => exchange?.stop());

async function ask(query: string, variables: object = {}): Promise<Answer> {
  const answer = await postJson(`${exchange.http}/graphql`, { query, variables }, headers);
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers['x-parley-release']).toMatch(/^\d+\.\d+\.\d+/);
  return answer.json<Answer>();
}

const accountOf = (answer: Answer) => answer.data?.me?.accounts?.find(({ id }) => id === accountId);

test('one answer from two providers, under the token of the caller', async () => {
  const clientOrderId = randomUUID();
  const input = { accountId, clientOrderId, instrument: 'ACME', side: 'BUY', quantity: 2 };
  const placed = await ask('mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { id } }', { input });
  expect(placed.errors).toBeUndefined();
  const answer = await ask(whole);
  expect(answer.errors).toBeUndefined();
  expect(answer.data?.me?.id).toBe('demo');
  expect(accountOf(answer)).toMatchObject({
    balance: '0.00',
    orders: [{ id: placed.data?.placeOrder?.id, clientOrderId }],
  });
});

async function scale(service: string, replicas: number): Promise<void> {
  await exchange.kubectl('scale', `deployment/${service}-1-4-0`, `--replicas=${replicas}`);
  await exchange.kubectl('rollout', 'status', `deployment/${service}-1-4-0`, '--timeout=60s');
  await eventually(
    `${replicas} Pods of ${service}`,
    30_000,
    () => podsOf(exchange, service),
    (pods) => pods.length === replicas,
  );
}

test('orders away: the accounts are there, their orders are null, and the errors name the provider', async () => {
  await scale('orders', 0);
  const partial = await ask(whole);
  expect(accountOf(partial)).toMatchObject({ id: accountId, balance: '0.00', orders: null });
  expect(partial.errors?.map(({ extensions }) => extensions)).toContainEqual(
    expect.objectContaining({ code: 'PROVIDER_AWAY', provider: 'orders' }),
  );
  await scale('orders', 1);
  const again = await eventually(
    'a whole answer',
    10_000,
    () => ask(whole),
    ({ errors }) => errors === undefined,
  );
  expect(accountOf(again)?.orders).toHaveLength(1);
});

test('accounts away: null and an error that names it, not a failed request', async () => {
  await scale('accounts', 0);
  const partial = await ask(whole);
  expect(partial.data?.me).toMatchObject({ id: 'demo', accounts: null });
  expect(partial.errors?.[0]?.extensions).toMatchObject({ code: 'PROVIDER_AWAY', provider: 'accounts' });
  await scale('accounts', 1);
  await eventually(
    'a whole answer',
    10_000,
    () => ask(whole),
    ({ errors }) => errors === undefined,
  );
});

test('operations that are too deep, too wide or too costly are refused before a provider is asked', async () => {
  const aliases = Array.from({ length: 50 }, (_, index) => `a${index}: me { id }`).join(' ');
  for (const query of [
    `{ ${aliases} }`,
    '{ me { accounts { orders(last: 100) { id clientOrderId instrument side status quantity } } } }',
  ]) {
    const answer = await postJson(`${exchange.http}/graphql`, { query }, headers);
    expect(answer.text, query.slice(0, 60)).toContain('OPERATION_TOO_LARGE');
  }
});

test('the graph of v2 comes with release 2.0.0 and does without v2 of its providers', async () => {
  await exchange.parley('release', 'portfolio', '2.0.0');
  await exchange.parley('split', 'portfolio', '1.4.0=0', '2.0.0=100');
  const answer = await ask('{ me { accounts { id balance balances { currency amountMinor } } } }');
  expect(answer.errors).toBeUndefined();
  expect(accountOf(answer)).toMatchObject({ balance: '0.00', balances: [{ currency: 'EUR', amountMinor: '0' }] });
});
