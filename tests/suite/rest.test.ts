import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Exchange, startExchange } from '../exchange.ts';
import { http, postJson } from '../http.ts';
import { succeed } from '../program.ts';
import { test } from './suite.ts';

interface AccountV1 {
  readonly id: string;
  readonly owner: string;
  readonly currency: string;
  readonly balance: string;
}

interface AccountV2 {
  readonly id: string;
  readonly balances: readonly { readonly currency: string; readonly amountMinor: number }[];
}

let exchange: Exchange;
let authorization: string;
beforeAll(async () => {
  exchange = await startExchange();
  authorization = `Bearer ${await exchange.token()}`;
});
afterAll(() => exchange?.stop());

const post = (path: string, body: unknown, key: string = randomUUID()) =>
  postJson(`${exchange.http}${path}`, body, { authorization, 'idempotency-key': key });
const get = (path: string) => http(`${exchange.http}${path}`, { headers: { authorization } });

test('contract v1: open, deposit, read; amounts stay decimal strings', async () => {
  const opened = await post('/v1/accounts', { currency: 'EUR' });
  expect(opened.status, opened.text).toBe(201);
  expect(opened.headers['x-parley-release']).toBe('1.4.0');
  const { id } = opened.json<AccountV1>();
  const deposited = await post(`/v1/accounts/${id}/deposits`, { amount: '10.50' });
  expect(deposited.status, deposited.text).toBe(201);
  const read = await get(`/v1/accounts/${id}`);
  expect(read.json<AccountV1>()).toMatchObject({ id, currency: 'EUR', balance: '10.50' });
});

test('a POST takes effect once per Idempotency-Key, and a key that is used for another request is refused', async () => {
  const key = randomUUID();
  const { id } = (await post('/v1/accounts', { currency: 'EUR' })).json<AccountV1>();
  const [first, second] = await Promise.all(
    [1, 2].map(() => post(`/v1/accounts/${id}/deposits`, { amount: '1.00' }, key)),
  );
  const third = await post(`/v1/accounts/${id}/deposits`, { amount: '1.00' }, key);
  expect(third.status, third.text).toBe(201);
  for (const answer of [first, second]) expect([201, 409], answer?.text).toContain(answer?.status);
  expect((await get(`/v1/accounts/${id}`)).json<AccountV1>().balance).toBe('1.00');
  const other = await post(`/v1/accounts/${id}/deposits`, { amount: '2.00' }, key);
  expect(other.status, other.text).toBeGreaterThanOrEqual(400);
  expect(other.status, other.text).toBeLessThan(500);
  expect((await get(`/v1/accounts/${id}`)).json<AccountV1>().balance).toBe('1.00');
});

test('contract v2 comes with release 2.0.0, on the same accounts; v1 callers notice nothing', async () => {
  const { id } = (await post('/v1/accounts', { currency: 'EUR' })).json<AccountV1>();
  await post(`/v1/accounts/${id}/deposits`, { amount: '10.50' });
  expect((await get(`/v2/accounts/${id}`)).status).toBe(404);
  await exchange.parley('release', 'accounts', '2.0.0');
  await exchange.parley('split', 'accounts', '1.4.0=0', '2.0.0=100');
  const seen = await get(`/v2/accounts/${id}`);
  expect(seen.status, seen.text).toBe(200);
  expect(seen.headers['x-parley-release']).toBe('2.0.0');
  expect(seen.json<AccountV2>().balances).toEqual([{ currency: 'EUR', amountMinor: 1050 }]);
  const posted = await post(`/v2/accounts/${id}/postings`, { currency: 'EUR', amountMinor: -50, reference: 'fee' });
  expect(posted.status, posted.text).toBe(201);
  const old = await get(`/v1/accounts/${id}`);
  expect(old.headers['x-parley-release']).toBe('2.0.0');
  expect(old.json<AccountV1>().balance).toBe('10.00');
});

test('curl, in clear text and by TLS with the authority that up wrote', async () => {
  const headers = ['-H', `authorization: ${authorization}`];
  const authority = join(exchange.home, 'edge-ca.crt');
  const calls = [
    ['curl', '-sS', '--fail', ...headers, `${exchange.http}/v1/accounts`],
    ['curl', '-sS', '--fail', '--cacert', authority, ...headers, `${exchange.https}/v1/accounts`],
  ];
  for (const call of calls) {
    const { stdout } = await succeed(call, { env: exchange.env });
    expect(JSON.parse(stdout)).toHaveProperty('accounts');
  }
});

test('what is not offered to the outside is not there', async () => {
  for (const path of ['/', '/metrics', '/livez', '/readyz', '/v3/accounts'])
    expect((await get(path)).status, path).toBe(404);
});

test('parley try: one call through each conversation, with its path and trace', async () => {
  const { stdout } = await exchange.parley('try', '-o', 'json');
  const { kind, calls } = JSON.parse(stdout) as { kind: string; calls: Record<string, unknown>[] };
  expect(kind).toBe('Try');
  expect(calls.length).toBeGreaterThanOrEqual(6);
  for (const call of calls) {
    expect(call).toMatchObject({ ok: true });
    expect(call.traceId).toMatch(/^[0-9a-f]{32}$/);
  }
});
