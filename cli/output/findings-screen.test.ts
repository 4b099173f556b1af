import { expect, test } from 'vitest';
import { findingLines } from './findings-screen.ts';

const of = (kind: string, service: string, field: string, reason: string) => ({
  object: `${kind} exchange/${service}`,
  field: `services[${service}].${field}`,
  reason,
});

test('equal reasons are one line that names every object; others stay apart', () => {
  const interval = 'outlierDetection.intervalMs';
  const lines = findingLines('linkerd', [
    of('Service', 'accounts', interval, 'not per interval'),
    of('HTTPRoute', 'web', 'retry', 'no pause'),
    of('Service', 'orders', interval, 'not per interval'),
    of('TCPRoute', 'db', interval, 'not per interval'),
    of('Service', 'orders', 'timeoutMs', 'not per interval'),
    { object: 'Namespace exchange', field: 'tracing.samplingPercent', reason: 'follows the caller' },
  ]);
  expect(lines).toEqual([
    'parley: linkerd cannot express services[*].outlierDetection.intervalMs of Service exchange/accounts, exchange/orders, TCPRoute exchange/db: not per interval\n',
    'parley: linkerd cannot express services[web].retry of HTTPRoute exchange/web: no pause\n',
    'parley: linkerd cannot express services[orders].timeoutMs of Service exchange/orders: not per interval\n',
    'parley: linkerd cannot express tracing.samplingPercent of Namespace exchange: follows the caller\n',
  ]);
});

test('nothing to say is no line', () => {
  expect(findingLines('istio', [])).toEqual([]);
});
