import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { testPlace } from '../target.ts';
import { nobody, type Outsider, openOutsider } from './outsider.ts';
import { upArguments } from './place.ts';
import { targetOf } from './prober.ts';

const elsewhere = 'elsewhere';

let exchange: Exchange;
let stranger: Outsider;
let neighbour: Outsider;
beforeAll(async () => {
  exchange = await startExchange();
  await exchange.kubectl('create', 'namespace', elsewhere);
  stranger = await openOutsider(exchange, { name: 'stranger', namespace: elsewhere, as: 'portfolio' });
  neighbour = await openOutsider(exchange, { name: 'neighbour', namespace: 'exchange' });
});
afterAll(async () => {
  await neighbour?.close();
  await exchange?.kubectl('delete', 'namespace', elsewhere, '--ignore-not-found');
  await exchange?.stop();
});

/** What becomes of a connection from a Pod to accounts, and why. */
async function reached(from: Outsider): Promise<string> {
  const target = await targetOf(exchange, { provider: 'accounts', port: 8080 });
  const [verdict] = await from.probe({ target, protocol: 'rest', callers: nobody });
  return `${verdict?.outcome}: ${verdict?.said}`;
}

const isUnreachable = (said: string) => said.startsWith('unreachable');

test('a Pod of another namespace, whatever its labels, and a Pod without the labels of a caller get no connection', async () => {
  for (const from of [stranger, neighbour]) {
    process.stdout.write(`${await eventually('no connection', 15_000, () => reached(from), isUnreachable)}\n`);
  }
});

test('the check can fail: without the policies there is a connection, and mutual TLS refuses what comes by it', async () => {
  await exchange.kubectl('delete', 'networkpolicy', 'accounts', 'default-deny');
  try {
    for (const from of [stranger, neighbour]) {
      const said = await eventually(
        'a connection',
        15_000,
        () => reached(from),
        (now) => !isUnreachable(now),
      );
      expect(said).toMatch(/^refused/);
    }
  } finally {
    await exchange.parley(...upArguments(testPlace().mesh));
  }
  for (const from of [stranger, neighbour])
    await eventually('no connection', 15_000, () => reached(from), isUnreachable);
});
