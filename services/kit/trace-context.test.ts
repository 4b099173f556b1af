import { expect, test } from 'vitest';
import { newTrace, readTraceparent, traceHeaders } from './trace-context.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('passes a trace on as it came', () => {
  expect(traceHeaders(readTraceparent(traceparent, 'a=1') ?? newTrace(false))).toEqual({
    traceparent,
    tracestate: 'a=1',
  });
});

test('reads a later version by its first fields', () => {
  expect(readTraceparent(`cc${traceparent.slice(2)}-more`)).toMatchObject({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    sampled: true,
  });
});

test.each([
  undefined,
  '',
  `ff${traceparent.slice(2)}`,
  traceparent.toUpperCase(),
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
  traceparent.slice(0, -1),
])('a trace begins anew after %s', (header) => {
  expect(readTraceparent(header)).toBeUndefined();
});
