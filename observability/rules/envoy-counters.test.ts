import { expect, test } from 'vitest';
import { envoyCounters } from './envoy-counters.ts';

test("Envoy's own counters of outbound requests are asked for by expressions that match their names", () => {
  const wanted = (name: string) => envoyCounters.some((each) => new RegExp(`^${each}$`).test(name));
  const cluster = 'cluster.outbound|8080||accounts-2-0-0.exchange.svc.cluster.local';
  expect(wanted(`${cluster}.upstream_rq_503`)).toBe(true);
  expect(wanted(`${cluster}.upstream_rq_time`)).toBe(true);
  expect(wanted(`${cluster}.upstream_cx_active`)).toBe(true);
  expect(wanted(`${cluster}.grpc.14`)).toBe(true);
  expect(wanted(`${cluster}.grpc.total`)).toBe(true);
  expect(wanted(`${cluster}.ssl.handshake`)).toBe(true);
  expect(wanted('cluster.xds-grpc.upstream_rq_200')).toBe(false);
});
