import { afterAll, beforeAll, expect, test } from 'vitest';
import { edgesOf, notSecured } from '../allowed-edges.ts';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { testPlace } from '../target.ts';
import { widenings } from './widening.ts';

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange?.stop());

test('with mutual TLS made optional, parley edges says so of every edge, and no longer when it is mended', async () => {
  const lines = async () => notSecured((await edgesOf(exchange)).edges);
  expect(await lines()).toEqual([]);
  const { widen, mend } = widenings[testPlace().mesh];
  await widen(exchange);
  try {
    const seen = await eventually('edges to accounts are not secured', 30_000, lines, (found) =>
      found.some((line) => line.includes('-> accounts')),
    );
    process.stdout.write(`${seen.join('\n')}\n`);
    for (const line of seen) expect(line).toMatch(/takes plain text|without TLS/);
  } finally {
    await mend(exchange);
  }
  await eventually('all edges are secured', 30_000, lines, (left) => left.length === 0);
});
