import { afterAll, beforeAll, expect, test } from 'vitest';
import { conversations, type Forgery, openForgery, rowsOf } from '../edges.ts';
import type { Exchange } from '../exchange.ts';
import { figures, loadWhile } from '../load.ts';
import type { Prober } from '../prober.ts';
import { startEmbedded } from './site.ts';

let exchange: Exchange;
let forgery: Forgery;
let prober: Prober;
beforeAll(async () => {
  exchange = await startEmbedded({ mesh: 'linkerd' });
  forgery = await openForgery(exchange);
  prober = await exchange.openProber();
});
afterAll(async () => {
  await prober?.close();
  await exchange?.stop();
});

test('the objects are those of Linkerd', async () => {
  const kinds =
    'servers.policy.linkerd.io,authorizationpolicies.policy.linkerd.io,meshtlsauthentications.policy.linkerd.io';
  expect((await exchange.kubectl('get', kinds, '-o', 'name')).split('\n').length).toBeGreaterThan(5);
  const istio = await exchange.kubectl('get', 'authorizationpolicies.security.istio.io', '-o', 'name');
  expect(istio.trim()).toBe('');
});

test('every conversation holds, and weights do, while they change', async () => {
  await exchange.parley('release', 'accounts', '2.0.0');
  const report = await loadWhile(exchange, async () => {
    for (const share of [50, 100, 50]) {
      await exchange.parley('split', 'accounts', `1.4.0=${100 - share}`, `2.0.0=${share}`);
    }
  });
  process.stdout.write(`linkerd: ${figures(report)}`);
  expect(report.failed + report.wrong, figures(report)).toBe(0);
  const rest = report.kinds.find(({ kind }) => kind === 'rest');
  expect(Object.keys(rest?.releases ?? {}).sort()).toEqual(['1.4.0', '2.0.0']);
});

test('whoever may not call is refused, at every edge', async () => {
  await exchange.kubectl('scale', 'deployment/accounts-2-0-0', '--replicas=0');
  await exchange.kubectl('wait', '--for=delete', 'pod', '-l', 'app.kubernetes.io/version=2.0.0', '--timeout=60s');
  for (const conversation of conversations) {
    for (const caller of conversation.callers) {
      const [right, ...others] = await rowsOf(prober, forgery, conversation, caller);
      expect(right?.verdict, `${caller} -> ${conversation.provider}`).toEqual({
        outcome: 'allowed',
        said: expect.any(String),
      });
      expect(
        others.filter(({ verdict }) => verdict.outcome !== 'refused'),
        `${caller} -> ${conversation.provider}`,
      ).toEqual([]);
    }
  }
});
