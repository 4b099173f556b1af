import { afterAll, beforeAll, expect, test } from 'vitest';
import { meshMetricsNames } from '../../observability/rules/rules.ts';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { http, postJson } from '../http.ts';
import { loadWhile, sharedLoad } from '../load.ts';
import { type Forwarded, forwarded } from './forward.ts';
import { panelQueries } from './panels.ts';

let exchange: Exchange;
let prometheus: Forwarded;
beforeAll(async () => {
  exchange = await startExchange();
  prometheus = await forwarded(exchange, 'prometheus', 9090);
});
afterAll(async () => {
  await prometheus?.close();
  await exchange?.stop();
});

/** Series that an expression returns now; throws when Prometheus refuses it. */
async function seriesOf(expr: string): Promise<number> {
  const answer = await http(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(expr)}`);
  if (answer.status !== 200) throw new Error(`${expr}: ${answer.status} ${answer.text}`);
  return answer.json<{ data: { result: unknown[] } }>().data.result.length;
}

test('after a run every panel of every dashboard has something to show', async () => {
  const meshMetrics = meshMetricsNames.find((name) => name === process.env.PARLEY_MESH_METRICS) ?? 'standard';
  const queries = panelQueries({ mesh: 'istio', meshMetrics });
  expect(queries.length).toBeGreaterThan(30);
  // A consumer of contract v2 beside providers that serve v1 only: it falls back, and that is counted. A person promotes it.
  await exchange.parley('release', 'portfolio', '2.0.0');
  await exchange.parley('rollout', 'start', 'portfolio', '2.0.0');
  await exchange.parley('rollout', 'promote', 'portfolio');
  const headers = { authorization: `Bearer ${await exchange.token()}` };
  const query = '{ me { accounts { id balances { currency amountMinor } } } }';
  const empty = async () => {
    const answer = await postJson(`${exchange.http}/graphql`, { query }, headers);
    expect(answer.status, answer.text).toBe(200);
    const found = await Promise.all(queries.map(async (query) => ({ ...query, series: await seriesOf(query.expr) })));
    return found.filter(({ series }) => series === 0).map(({ panel, expr }) => `${panel}: ${expr}`);
  };
  await loadWhile(
    exchange,
    async () => {
      await eventually('every panel has series', 120_000, empty, (left) => left.length === 0);
    },
    sharedLoad(0.3),
  );
  process.stdout.write(`panels: ${queries.length} queries return series, ${meshMetrics} metrics\n`);
});

test('the check can fail: a query for what nobody measures returns nothing, and one that is no query is refused', async () => {
  expect(await seriesOf('parley:requests:rate1m{namespace="nowhere"}')).toBe(0);
  await expect(seriesOf('sum(')).rejects.toThrow(/parse error/);
});
