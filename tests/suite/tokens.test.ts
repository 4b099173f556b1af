import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { JWK } from 'jose';
import type { Secret } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { attacks, type Material } from '../forged-tokens.ts';
import { http, postJson, rawGrpc } from '../http.ts';
import { podsOf } from '../pods.ts';
import { test } from './suite.ts';

let exchange: Exchange;
let material: Material;
let attacker: Server;
let asked = 0;

beforeAll(async () => {
  exchange = await startExchange();
  attacker = createServer((_request, response) => {
    asked += 1;
    response.end('{"keys":[]}');
  }).listen(0, '127.0.0.1');
  await once(attacker, 'listening');
  const address = attacker.address();
  if (address === null || typeof address === 'string') throw new Error('the attacker has no port');
  const secret = await exchange.get<Secret>('secret', 'identity');
  const { keys } = JSON.parse(Buffer.from(secret.data?.jwks ?? '', 'base64').toString('utf8')) as { keys: JWK[] };
  const [privateKey] = keys;
  if (!privateKey) throw new Error('the Secret identity holds no key');
  const { d: _secret, ...publicKey } = privateKey;
  material = { token: await exchange.token(), publicKey, privateKey, attacker: `http://127.0.0.1:${address.port}` };
});
afterAll(async () => {
  await exchange?.stop();
  await once(attacker.close(), 'close');
});

const valid = () => ({ authorization: `Bearer ${material.token}` });

/** What the store holds for the caller of the valid token. */
async function stored(): Promise<unknown> {
  const accounts = await http(`${exchange.http}/v1/accounts`, { headers: valid() });
  const orders = await postJson(
    `${exchange.http}/graphql`,
    { query: '{ me { accounts { id orders { id } } } }' },
    valid(),
  );
  expect(accounts.status, accounts.text).toBe(200);
  return { accounts: accounts.json(), orders: orders.json() };
}

test('the valid token is taken, so that the refusals below mean something', async () => {
  const opened = await postJson(
    `${exchange.http}/v1/accounts`,
    { currency: 'EUR' },
    { ...valid(), 'idempotency-key': randomUUID() },
  );
  expect(opened.status, opened.text).toBe(201);
});

describe.each(attacks)('$name', ({ authorization }) => {
  const headers = async (): Promise<Record<string, readonly string[]>> => {
    const values = await authorization(material);
    return values.length === 0 ? {} : { authorization: values };
  };

  test('REST, gRPC and GraphQL refuse it, and nothing has happened', async () => {
    const before = await stored();
    const rest = await postJson(
      `${exchange.http}/v1/accounts`,
      { currency: 'EUR' },
      { ...(await headers()), 'idempotency-key': randomUUID() },
    );
    expect(rest.status, rest.text).toBe(401);
    expect(rest.headers['www-authenticate']).toMatch(/^Bearer /);
    const grpc = await rawGrpc(
      exchange.http,
      '/exchange.orders.v1.OrderService/PlaceOrder',
      new Uint8Array(),
      await headers(),
    );
    expect(grpc.status, grpc.message).toBe(16);
    const graphql = await postJson(
      `${exchange.http}/graphql`,
      { query: '{ me { accounts { id } } }' },
      await headers(),
    );
    expect(refusedByGraphql(graphql.status, graphql.text), `${graphql.status} ${graphql.text}`).toBe(true);
    expect(await stored()).toEqual(before);
    expect(asked, 'requests for keys that came to the attacker').toBe(0);
  });
});

/** A GraphQL server may say it by the status or by an error code without data. */
function refusedByGraphql(status: number, text: string): boolean {
  if (status === 401) return true;
  const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: { extensions?: { code?: string } }[] };
  return (data ?? null) === null && errors?.[0]?.extensions?.code === 'UNAUTHENTICATED';
}

test('tokens are verified without the issuer', async () => {
  await exchange.kubectl('scale', 'deployment/identity-1-0-0', '--replicas=0');
  await eventually(
    'identity is gone',
    30_000,
    () => podsOf(exchange, 'identity'),
    (pods) => pods.length === 0,
  );
  const rest = await http(`${exchange.http}/v1/accounts`, { headers: valid() });
  expect(rest.status, rest.text).toBe(200);
  const [foreign] = attacks.filter(({ name }) => name.startsWith('a foreign key'));
  const forged = await http(`${exchange.http}/v1/accounts`, {
    headers: { authorization: (await foreign?.authorization(material)) ?? [] },
  });
  expect(forged.status, forged.text).toBe(401);
  await exchange.kubectl('scale', 'deployment/identity-1-0-0', '--replicas=1');
  await exchange.kubectl('rollout', 'status', 'deployment/identity-1-0-0', '--timeout=60s');
  expect(await exchange.token()).not.toBe('');
});
