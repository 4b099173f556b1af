import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import type { Prober } from '../prober.ts';
import { testPlace } from '../target.ts';
import { widenings } from './widening.ts';

const door = { provider: 'accounts', protocol: 'rest', port: 8080 } as const;

let exchange: Exchange;
let prober: Prober;
beforeAll(async () => {
  exchange = await startExchange();
  prober = await exchange.openProber();
});
afterAll(async () => {
  await prober?.close();
  await exchange?.stop();
});

const verdict = async () => (await prober.knock(door, 'portfolio', ['plaintext']))[0];

test('plaintext from a Pod without a sidecar is refused; with mutual TLS made optional and the policy widened it is answered', async () => {
  const refused = await verdict();
  expect(refused?.outcome, refused?.said).toBe('refused');
  const { widen, mend } = widenings[testPlace().mesh];
  await widen(exchange);
  try {
    const answered = await eventually('plaintext is let in', 30_000, verdict, (seen) => seen?.outcome === 'allowed');
    process.stdout.write(`plaintext: ${refused?.said}; with the seeded fault: ${answered?.said}\n`);
  } finally {
    await mend(exchange);
  }
  await eventually('plaintext is refused', 30_000, verdict, (seen) => seen?.outcome === 'refused');
});
