import { afterAll, beforeAll, expect } from 'vitest';
import { conversations, type Forgery, openForgery, rowsOf } from '../edges.ts';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import type { Prober } from '../prober.ts';
import { admit } from './admission.ts';
import { test } from './suite.ts';

let exchange: Exchange;
let forgery: Forgery;
let prober: Prober;
beforeAll(async () => {
  exchange = await startExchange();
  forgery = await openForgery(exchange);
  prober = await exchange.openProber();
});
afterAll(async () => {
  await prober?.close();
  await exchange?.stop();
});

for (const conversation of conversations) {
  for (const caller of conversation.callers) {
    test(`${caller} -> ${conversation.provider} (${conversation.protocol}): allowed; whoever else comes is refused`, async () => {
      const [right, ...others] = await rowsOf(prober, forgery, conversation, caller);
      expect(right?.verdict).toEqual({ outcome: 'allowed', said: expect.any(String) });
      expect(others.length).toBeGreaterThanOrEqual(6);
      expect(others.filter(({ verdict }) => verdict.outcome !== 'refused')).toEqual([]);
      const said = others.map(({ who, verdict }) => `${who}: ${verdict.said}`).join(' | ');
      process.stdout.write(`${caller} -> ${conversation.provider}: ${said}\n`);
    });
  }
}

test('the check can fail: with the policy widened the refused call goes through, and no longer when it is mended', async () => {
  const stranger = await forgery.as('stranger');
  const door = { provider: 'accounts', protocol: 'rest', port: 8080 } as const;
  const outcome = async () => (await prober.knock(door, 'portfolio', [stranger]))[0]?.outcome;
  expect(await outcome()).toBe('refused');
  await admit(exchange, { provider: 'accounts', inPlaceOf: 'portfolio', caller: 'stranger' });
  await eventually('the stranger is let in', 20_000, outcome, (seen) => seen === 'allowed');
  await admit(exchange, { provider: 'accounts', inPlaceOf: 'portfolio', caller: 'portfolio' });
  await eventually('the stranger is refused', 20_000, outcome, (seen) => seen === 'refused');
});
