import { readFile } from 'node:fs/promises';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { HttpAnswer } from '../kit/http-client.ts';
import { type Running, testExchange } from '../testing/exchange.ts';
import { type RunningPostgres, startPostgres } from '../testing/postgres.ts';
import { newKey, startIdentity, tokenFor } from '../testing/tokens.ts';
import { accounts } from './service.ts';

const exchange = await testExchange();
let postgres: RunningPostgres;
let old: Running;
let expanded: Running;
let alice: string;
let bob: string;
let keyNumber = 0;

beforeAll(async () => {
  const [database, issuer] = await Promise.all([startPostgres(['accounts']), startIdentity(exchange, [newKey('one')])]);
  postgres = database;
  const options = {
    environment: { DATABASE_URL: postgres.urlOf('accounts') },
    providers: { 'identity:8080': issuer.socket, 'postgres:5432': postgres.socket },
  };
  old = await exchange.start(accounts, { version: '1.4.0', contracts: ['v1'] }, options);
  expanded = await exchange.start(accounts, { version: '2.0.0', contracts: ['v1', 'v2'] }, options);
  [alice, bob] = await Promise.all([tokenFor(issuer, 'alice'), tokenFor(issuer, 'bob')]);
}, 60_000);
afterAll(async () => {
  await exchange.close();
  expect(await postgres.stop()).toBe(0);
}, 60_000);

const newKeyHeader = () => {
  keyNumber += 1;
  return `key-${keyNumber}`;
};

const post = (at: Running, path: string, body: unknown, { token = alice, key = newKeyHeader() } = {}) =>
  at.send({ method: 'POST', path, body, headers: { authorization: token, 'idempotency-key': key } });
const get = (at: Running, path: string, token = alice) => at.send({ path, headers: { authorization: token } });

async function opened(currency = 'EUR', at = old): Promise<string> {
  const { status, body } = await post(at, '/v1/accounts', { currency });
  expect(status).toBe(201);
  return idOf(body);
}

function idOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('id' in body))
    throw new TypeError(`no id in ${JSON.stringify(body)}`);
  return String(body.id);
}

describe('contract v1', () => {
  test('opens, deposits, reads', async () => {
    const id = await opened();
    expect(await post(old, `/v1/accounts/${id}/deposits`, { amount: '10.00' })).toMatchObject({
      status: 201,
      body: { balance: '10.00' },
    });
    expect(await get(old, `/v1/accounts/${id}`)).toMatchObject({
      status: 200,
      body: { id, owner: 'alice', currency: 'EUR', balance: '10.00' },
    });
  });

  test('a repetition has the same answer and no effect, also at the same time and at another release', async () => {
    const id = await opened();
    const key = newKeyHeader();
    const answers = await Promise.all(
      [1, 2, 3, 4].map((n) => post(n % 2 ? old : expanded, `/v1/accounts/${id}/deposits`, { amount: '1.00' }, { key })),
    );
    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
      Array(4).fill({ status: 201, body: { id, owner: 'alice', currency: 'EUR', balance: '1.00' } }),
    );
    expect(await get(old, `/v1/accounts/${id}`)).toMatchObject({ body: { balance: '1.00' } });
    expect(await post(old, `/v1/accounts/${id}/deposits`, { amount: '2.00' }, { key })).toMatchObject({
      status: 422,
      body: { type: 'urn:parley:problem:idempotency-key-reused' },
    });
  });

  test('a refused request does not use its key up', async () => {
    const id = await opened();
    const key = newKeyHeader();
    expect((await post(old, `/v1/accounts/${id}/deposits`, { amount: '1.005' }, { key })).status).toBe(400);
    expect((await post(old, `/v1/accounts/${id}/deposits`, { amount: '1.00' }, { key })).status).toBe(201);
  });

  test('someone else gets 403, nobody 401', async () => {
    const id = await opened();
    expect(await get(old, `/v1/accounts/${id}`, bob)).toMatchObject({
      status: 403,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(await post(old, `/v1/accounts/${id}/deposits`, { amount: '1.00' }, { token: bob })).toMatchObject({
      status: 403,
    });
    expect(await old.send({ path: '/v1/accounts' })).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="exchange"' },
    });
  });

  test.each([
    ['a currency that is not kept', { currency: 'XXX' }, 400],
    ['a member too many', { currency: 'EUR', owner: 'bob' }, 400],
    ['more than 16 kB', { currency: 'E'.repeat(17_000) }, 413],
  ])('%s is refused', async (_name, body, status) => {
    expect(await post(old, '/v1/accounts', body)).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json' },
    });
  });

  test('a missing Idempotency-Key is refused', async () => {
    expect(
      await old.send({
        method: 'POST',
        path: '/v1/accounts',
        body: { currency: 'EUR' },
        headers: { authorization: alice },
      }),
    ).toMatchObject({ status: 400 });
  });
});

describe('two releases over one store', () => {
  test('a posting by v2 shows in v1 at both releases, another currency only in v2', async () => {
    const id = await opened('EUR', old);
    expect(
      await post(expanded, `/v2/accounts/${id}/postings`, { currency: 'EUR', amountMinor: 1050, reference: 'a' }),
    ).toMatchObject({ status: 201 });
    expect(
      await post(expanded, `/v2/accounts/${id}/postings`, { currency: 'JPY', amountMinor: 7, reference: 'b' }),
    ).toMatchObject({
      body: {
        balances: [
          { currency: 'EUR', amountMinor: 1050 },
          { currency: 'JPY', amountMinor: 7 },
        ],
      },
    });
    for (const release of [old, expanded])
      expect(await get(release, `/v1/accounts/${id}`)).toMatchObject({ body: { balance: '10.50' } });
  });

  test('a balance does not fall below zero', async () => {
    const id = await opened();
    expect(
      await post(expanded, `/v2/accounts/${id}/postings`, { currency: 'EUR', amountMinor: -1, reference: 'a' }),
    ).toMatchObject({ status: 409 });
  });

  test('each release serves its contracts and says which release it is', async () => {
    expect(await get(old, '/v2/accounts')).toMatchObject({
      status: 404,
      body: { type: 'urn:parley:problem:unknown-contract' },
      headers: { 'x-parley-release': '1.4.0' },
    });
    expect(await get(expanded, '/v2/accounts')).toMatchObject({
      status: 200,
      headers: { 'x-parley-release': '2.0.0' },
    });
  });
});

describe.each(['v1', 'v2'])('openapi.yaml of %s', (contract) => {
  test('describes every operation that is served, and the answers are as it says', async () => {
    const document = parse(await readFile(new URL(`contract/${contract}/openapi.yaml`, import.meta.url), 'utf8'));
    const ajv = new Ajv2020({ strict: false, formats: { uuid: true, uri: true, int64: true } });
    ajv.addSchema(document, 'contract');
    const schemaAt = (pointer: string): ValidateFunction => {
      const found = ajv.getSchema(`contract#${pointer}`);
      if (!found) throw new Error(`nothing at ${pointer}`);
      return found;
    };
    const conforms = (answer: HttpAnswer, response: string) => {
      const type = response === 'Problem' ? 'application/problem+json' : 'application/json';
      const check = schemaAt(`/components/responses/${response}/content/${type.replace('/', '~1')}/schema`);
      expect([check(answer.body), check.errors, answer.headers['content-type']?.split(';')[0]]).toEqual([
        true,
        null,
        type,
      ]);
    };
    const [change, body] =
      contract === 'v1'
        ? ['deposits', { amount: '1.00' }]
        : ['postings', { currency: 'EUR', amountMinor: 1, reference: 'r' }];
    const made = await post(expanded, `/${contract}/accounts`, { currency: 'EUR' });
    const id = idOf(made.body);
    conforms(made, 'Account');
    conforms(await get(expanded, `/${contract}/accounts`), 'Accounts');
    conforms(await get(expanded, `/${contract}/accounts/${id}`), 'Account');
    conforms(await post(expanded, `/${contract}/accounts/${id}/${change}`, body), 'Account');
    conforms(await get(expanded, `/${contract}/accounts/${id}`, bob), 'Problem');
    conforms(await get(expanded, `/${contract}/nothing`), 'Problem');
    expect(Object.keys(document.paths).sort()).toEqual([
      `/${contract}/accounts`,
      `/${contract}/accounts/{id}`,
      `/${contract}/accounts/{id}/${change}`,
    ]);
  });
});

test('without the database it lives and is not ready', async () => {
  const away = await exchange.start(
    accounts,
    { version: '2.0.0', contracts: ['v1', 'v2'] },
    {
      environment: { DATABASE_URL: 'postgres://postgres:secret@127.0.0.1:1/accounts' },
      ready: false,
    },
  );
  expect(await away.admin('/readyz')).toMatchObject({
    status: 503,
    body: { waiting: { database: expect.any(String) } },
  });
  expect(await away.admin('/livez')).toMatchObject({ status: 200 });
});
