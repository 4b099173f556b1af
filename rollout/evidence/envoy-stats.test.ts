import { expect, test } from 'vitest';
import { openLedger } from './counts.ts';
import { callsFilter, callsIn, clustersIn, readStats } from './envoy-stats.ts';

const to = 'orders-2-0-0_exchange_8080';
const answer = JSON.stringify({
  stats: [
    { name: `calls.ended.to.${to}.flags.-`, value: 90 },
    { name: `calls.ended.to.${to}.flags.UF,URX`, value: 3 },
    { name: `calls.ended.to.${to}.flags.DC`, value: 5 },
    { name: `calls.failed.to.${to}.flags.-`, value: 2 },
    { name: `calls.failed.to.${to}.flags.UF,URX`, value: 3 },
    { name: `calls.failed.to.${to}.flags.DC`, value: 1 },
    { name: 'calls.ended.to..flags.NR', value: 8 },
    { name: `cluster.${to}.upstream_rq_total`, value: 95 },
    { name: 'listener_manager.lds.version_text', value: '41' },
    {
      histograms: [
        {
          name: `calls.ms.to.${to}.flags.-`,
          buckets: [
            { upper_bound: 1, interval: 0, cumulative: 60 },
            { upper_bound: 3e5, interval: 1, cumulative: 33 },
          ],
        },
        { name: `calls.ms.to.${to}.flags.DC`, buckets: [{ upper_bound: 3e5, interval: 0, cumulative: 5 }] },
        {
          name: `calls.waited.to.${to}.flags.DC`,
          buckets: [
            { upper_bound: 1, interval: 0, cumulative: 0 },
            { upper_bound: 3e5, interval: 0, cumulative: 2 },
          ],
        },
      ],
    },
  ],
});

const counts = (text: string) => {
  const ledger = openLedger([]);
  ledger.note('pod', callsIn(readStats(text)));
  return ledger.take().get(to);
};

test('calls are those that were answered; a caller that hung up ended a stream, or waited in vain', () => {
  expect(counts(answer)).toEqual({
    requests: 98,
    failures: 5,
    latency: { boundsMs: [1, 3e5], counts: [60, 35, 0] },
  });
});

test('a cluster is known by the counter that it has from the beginning', () => {
  expect([...clustersIn(readStats(answer))]).toEqual([to]);
});

test('the filter asks for the releases that are named and for no other', () => {
  const filter = new RegExp(callsFilter([to]));
  const wanted = [`calls.ended.to.${to}.flags.-`, `calls.ms.to.${to}.flags.-`, `cluster.${to}.upstream_rq_total`];
  expect(wanted.filter((name) => !filter.test(name))).toEqual([]);
  expect(filter.test('calls.ended.to.orders-2-0-0-rc-1_exchange_8080.flags.-')).toBe(false);
  expect(filter.test(`calls.ended.to.${to}1.flags.-`)).toBe(false);
});

test('for very many releases the question stays short', () => {
  const many = Array.from({ length: 2000 }, (_, index) => `service-${index}-1-0-0_exchange_8080`);
  const filter = callsFilter(many);
  expect(filter.length).toBeLessThan(200);
  expect(new RegExp(filter).test(`calls.ended.to.${many[1999]}.flags.-`)).toBe(true);
});

test('an answer that is no statistics is named', () => {
  expect(() => readStats('<html>')).toThrow(/not what Envoy's admin interface says/);
});
