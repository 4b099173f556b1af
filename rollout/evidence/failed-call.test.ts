import { expect, test } from 'vitest';
import type { FailedCall } from '../../mesh/envoy/call-counters.ts';
import { exampleOf, readFailedCall } from './failed-call.ts';

const call: FailedCall = {
  at: '2026-11-21T08:00:00.123Z',
  to: 'orders-2-0-0_exchange_8080',
  method: 'GET',
  path: '/v1/orders',
  status: 500,
  grpc: null,
  flags: '-',
  trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

test('an example says what was called, how it ended and by which trace it is found', () => {
  expect(exampleOf(call, '2.0.0')).toEqual({
    release: '2.0.0',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    what: 'GET /v1/orders: 500',
    atMs: Date.parse('2026-11-21T08:00:00.123Z'),
  });
  expect(exampleOf({ ...call, trace: 'nonsense' }, '2.0.0')).not.toHaveProperty('traceId');
});

test.each([
  [{ status: 503, flags: 'UF' }, '503 (UF)'],
  [{ status: 200, grpc: 13 }, 'INTERNAL'],
  [{ status: 200, grpc: 99 }, 'gRPC 99'],
  [{ status: 200, flags: 'UPE' }, '200, then broken off (UPE)'],
])('%j is told as %s', (ended, told) => {
  expect(exampleOf({ ...call, ...ended }, '2.0.0').what).toBe(`GET /v1/orders: ${told}`);
});

test('half a line is no call', () => {
  expect(readFailedCall(JSON.stringify(call))).toEqual(call);
  expect(readFailedCall(JSON.stringify(call).slice(5))).toBeUndefined();
  expect(readFailedCall('7')).toBeUndefined();
});
