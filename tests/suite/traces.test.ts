import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Span } from '../../services/testing/otlp.ts';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { postJson } from '../http.ts';
import { loadOf } from '../load.ts';
import { testPlace } from '../target.ts';
import { ancestors, complete, roots } from '../trace-tree.ts';
import { amountsOf } from './amounts.ts';
import { test } from './suite.ts';

const { traces } = amountsOf(testPlace().target);
const providers = ['accounts', 'orders'];
const involved = ['edge', 'portfolio', ...providers];
const query = '{ me { accounts { id orders(last: 1) { id } } } }';

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange({ traces: true });
});
afterAll(() => exchange?.stop());

/** One request through portfolio to both providers, whose caller says that it is to be recorded (https://www.w3.org/TR/trace-context/). */
async function recordedRequest(): Promise<readonly Span[]> {
  const traceId = randomBytes(16).toString('hex');
  const answer = await postJson(
    `${exchange.http}/graphql`,
    { query },
    {
      authorization: `Bearer ${await exchange.token()}`,
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      // By this a client asks Envoy to record, whatever share it draws of the others.
      'x-client-trace-id': traceId,
    },
  );
  expect(answer.status, answer.text).toBe(200);
  return eventually(
    `the whole of trace ${traceId}`,
    30_000,
    () => exchange.spansOf(traceId),
    (spans) => complete(spans, involved) && providers.every((provider) => servedBy(provider, spans).length >= 2),
  );
}

const servedBy = (provider: string, spans: readonly Span[]) =>
  spans.filter(({ service, kind }) => service.startsWith(provider) && kind === 2);

test('one request through portfolio is one connected trace, of applications and of sidecars', async () => {
  const opened = await loadOf(exchange, 'graphql', 1, 1);
  expect(opened.ok, JSON.stringify(opened.faults)).toBe(1);
  for (let count = 0; count < traces; count++) {
    const spans = await recordedRequest();
    if (count === 0)
      process.stdout.write(
        `trace: ${spans.map(({ service, name, kind }) => `${service} ${name} (${kind})`).join('; ')}\n`,
      );
    expect(roots(spans).map(({ service, name }) => `${service} ${name}`)).toHaveLength(1);
    for (const provider of providers) {
      // One by the sidecar on the way in, one by the application.
      for (const span of servedBy(provider, spans))
        expect(ancestors(span, spans).some((service) => service.startsWith('portfolio'))).toBe(true);
    }
  }
});
