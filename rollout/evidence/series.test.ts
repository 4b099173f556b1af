import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSamples } from '../../mesh/linkerd/proxy-metrics.ts';
import type { Counts } from '../core/evidence.ts';
import { openLedger } from './counts.ts';
import type { Dialect } from './dialect.ts';
import { envoyDialect } from './envoy-series.ts';
import { istioDialect } from './istio-series.ts';
import { linkerdDialect } from './linkerd-series.ts';
import { neededStats } from './needed-stats.ts';
import type { EvidenceTarget } from './source.ts';

const recorded = join(import.meta.dirname, '../../tests/kind/metrics/recorded');
const target = (service: string, stable: string, candidate: string, protocol: EvidenceTarget['protocol'] = 'http') => ({
  ...{ namespace: 'exchange', service, port: 8080, protocol, stable, candidate, counters: [], gauges: [] },
});

function counted(dialect: Dialect, of: EvidenceTarget, text: string): { stable?: Counts; candidate?: Counts } {
  const ledger = openLedger([]);
  ledger.note('proxy', dialect.counters(readSamples(text, dialect.series)));
  const names = dialect.names(of);
  const seen = ledger.take();
  return { stable: seen.get(names.stable), candidate: seen.get(names.candidate) };
}
const file = (...names: readonly string[]) =>
  names.map((name) => readFileSync(join(recorded, `${name}.prom`), 'utf8')).join('\n');
const slower = (counts: Counts | undefined, ms: number) => {
  const { boundsMs = [], counts: each = [] } = counts?.latency ?? {};
  return each.filter((_, index) => (boundsMs[index - 1] ?? 0) >= ms).reduce((sum, count) => sum + count, 0);
};

/** What the recorded metrics of every folder tell of (its README.md): the same calls. */
describe.each([
  { dialect: envoyDialect, folder: 'istio-envoy', givenUp: 1 },
  { dialect: istioDialect, folder: 'istio-standard', givenUp: 0 },
  { dialect: linkerdDialect, folder: 'linkerd-standard', givenUp: 0 },
])('$folder', ({ dialect, folder, givenUp }) => {
  test('calls by HTTP are counted by release, and 404 is nobody’s failure', () => {
    const { stable, candidate } = counted(dialect, target('accounts', '1.4.0', '2.0.0'), file(`${folder}/portfolio`));
    expect(stable).toMatchObject({ requests: 34, failures: 0 });
    expect(candidate).toMatchObject({ requests: 10 + givenUp, failures: 0 });
    expect(slower(stable, 25)).toBe(34);
    expect(slower(stable, 50)).toBe(0);
  });

  test('calls by gRPC are counted once each, by their status', () => {
    const { stable } = counted(dialect, target('orders', '1.4.0', '2.0.0', 'grpc'), file(`${folder}/portfolio`));
    expect(stable).toMatchObject({ requests: 10, failures: 0 });
    const faults = counted(dialect, target('orders', '1.4.0', '2.0.0', 'grpc'), file(`${folder}/portfolio.fault`));
    expect(faults.stable?.failures).toBe(5);
  });

  test('failing calls are failures', () => {
    const { candidate } = counted(dialect, target('accounts', '1.4.0', '2.0.0'), file(`${folder}/portfolio.fault`));
    expect(candidate?.failures).toBe(10);
    expect(candidate?.requests).toBe(10);
  });

  test('the calls of the edge count as well', () => {
    expect(counted(dialect, target('accounts', '1.4.0', '2.0.0'), file(`${folder}/edge`)).stable).toMatchObject({
      requests: 10,
      failures: 0,
    });
  });
});

const cluster = 'cluster_name="outbound|8080||orders-2-0-0.exchange.svc.cluster.local"';

test('of gRPC, a call that reached nobody is in two counters of Envoy and one failure', () => {
  const text = [
    `envoy_cluster_upstream_rq{${cluster},response_code_class="2xx"} 10`,
    `envoy_cluster_upstream_rq{${cluster},response_code_class="5xx"} 3`,
    `envoy_cluster_grpc_14{${cluster}} 3`,
    `envoy_cluster_grpc_13{${cluster}} 2`,
    `envoy_cluster_grpc_5{${cluster}} 4`,
  ].join('\n');
  const { candidate } = counted(envoyDialect, target('orders', '1.4.0', '2.0.0', 'grpc'), text);
  expect(candidate).toEqual({ requests: 13, failures: 5 });
});

test('of TCP, connections are counted and nothing else', () => {
  const text = [
    `envoy_cluster_upstream_cx_total{${cluster}} 7`,
    `envoy_cluster_upstream_cx_connect_fail{${cluster}} 2`,
    `envoy_cluster_upstream_rq{${cluster},response_code_class="2xx"} 50`,
  ].join('\n');
  const { candidate } = counted(envoyDialect, target('orders', '1.4.0', '2.0.0', 'tcp'), text);
  expect(candidate).toEqual({ requests: 7, failures: 2 });
});

test('the proxies keep what is read', () => {
  const name = (counter: string) => `cluster.outbound|8080||orders-2-0-0.exchange.svc.cluster.local;.${counter}`;
  const kept = (counter: string) => neededStats.some((pattern) => new RegExp(`^(${pattern})$`).test(name(counter)));
  const wanted = ['upstream_rq_2xx', 'upstream_rq_5xx', 'upstream_rq_time', 'grpc.14'];
  const connections = ['upstream_cx_total', 'upstream_cx_connect_fail'];
  expect([...wanted, ...connections].filter((counter) => !kept(counter))).toEqual([]);
  expect(kept('upstream_rq_retry_overflow')).toBe(false);
});
