import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Exchange, startExchange } from '../exchange.ts';
import { succeed } from '../program.ts';
import { pythonGrpc } from '../tools/python-grpc.ts';
import { test } from './suite.ts';

const contract = join(import.meta.dirname, '../../services/orders/contract/v1');
const client = join(import.meta.dirname, 'python-client.py');
const stubs = mkdtempSync(join(tmpdir(), 'python-stubs-'));
let exchange: Exchange;
let environment: Record<string, string>;
beforeAll(async () => {
  const packages = await pythonGrpc();
  environment = { PATH: process.env.PATH ?? '', PYTHONPATH: `${stubs}:${packages}`, PYTHONDONTWRITEBYTECODE: '1' };
  await succeed(
    [
      'python3',
      '-m',
      'grpc_tools.protoc',
      `-I${contract}`,
      `--python_out=${stubs}`,
      `--grpc_python_out=${stubs}`,
    ].concat('exchange/orders/v1/orders.proto'),
    { env: environment },
  );
  exchange = await startExchange();
  environment = { ...environment, ...(await demoClient()) };
});
afterAll(async () => {
  rmSync(stubs, { recursive: true });
  await exchange?.stop();
});

/** The client that the exchange comes with. */
async function demoClient(): Promise<{ CLIENT_ID: string; CLIENT_SECRET: string }> {
  const secret = await exchange.get<{ data: { clients: string } }>('secret', 'identity');
  const clients: { id: string; secret: string }[] = JSON.parse(Buffer.from(secret.data.clients, 'base64').toString());
  const demo = clients.find(({ id }) => id === 'demo');
  if (!demo) throw new Error(`no client demo among ${clients.map(({ id }) => id).join(', ')}`);
  return { CLIENT_ID: demo.id, CLIENT_SECRET: demo.secret };
}

const names = (kind: string) => [0, 1, 2].map((n) => `${kind}-${n}`);

const ways: readonly [string, () => string[]][] = [
  ['cleartext HTTP/2', () => [`127.0.0.1:${exchange.httpPort}`, exchange.http]],
  ['TLS', () => [`localhost:${exchange.httpsPort}`, `https://localhost:${exchange.httpsPort}`, edgeAuthority()]],
];
for (const [way, args] of ways) {
  test(`grpcio over ${way}: unary, client stream, bidirectional, server stream`, () => allKinds(args()));
}

async function allKinds(args: readonly string[]): Promise<void> {
  const { stdout } = await succeed(['python3', client, ...args], { env: environment, timeoutMs: 60_000 });
  const said: { watched: [string, number][] } = JSON.parse(stdout);
  expect(said).toMatchObject({
    unary: ['unary', 'ORDER_STATUS_FILLED'],
    batch: { complete: true, orders: names('batch') },
    traded: names('trade'),
    refused: { 'no token': 'UNAUTHENTICATED', 'an account that is none': 'INVALID_ARGUMENT' },
  });
  const placed = ['unary', ...names('batch'), ...names('trade')];
  // Each order is two changes: accepted, filled.
  expect(said.watched).toEqual(
    placed.flatMap((name, n) => [
      [name, 2 * n + 1],
      [name, 2 * n + 2],
    ]),
  );
}

function edgeAuthority(): string {
  return join(exchange.home, 'edge-ca.crt');
}
