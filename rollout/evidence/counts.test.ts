import { expect, test } from 'vitest';
import type { Counts } from '../core/evidence.ts';
import { type Counter, type Ledger, openLedger } from './counts.ts';

const ended = (value: number, group = 'a'): Counter => ({ group, name: '2xx', to: 'v2', counts: 'request', value });
const failed = (value: number, group = 'a'): Counter => ({
  group,
  name: '5xx',
  to: 'v2',
  counts: 'failedRequest',
  value,
});
const took = (boundMs: number, value: number): Counter => ({
  group: 'time',
  name: String(boundMs),
  to: 'v2',
  counts: 'duration',
  boundMs,
  value,
});
const taken = (ledger: Ledger): Counts | undefined => ledger.take().get('v2');

test('counting begins with what a known place shows first, and goes on from there', () => {
  const ledger = openLedger(['pod']);
  ledger.note('pod', [ended(1000), failed(7)]);
  expect(taken(ledger)).toBeUndefined();
  ledger.note('pod', [ended(1003), failed(8)]);
  ledger.note('pod', [ended(1004), failed(8)]);
  expect(taken(ledger)).toEqual({ requests: 5, failures: 1 });
  expect(taken(ledger)).toBeUndefined();
});

test('all that a new place shows is new, and what a place that went had shown stays', () => {
  const ledger = openLedger(['old']);
  ledger.note('old', [ended(10)]);
  ledger.note('old', [ended(12)]);
  ledger.note('new', [ended(5), failed(1)]);
  expect(taken(ledger)).toEqual({ requests: 8, failures: 1 });
});

test('a counter that a known place did not show before is new from zero on', () => {
  const ledger = openLedger(['pod']);
  ledger.note('pod', [ended(10)]);
  ledger.note('pod', [ended(10), failed(2, 'b')]);
  expect(taken(ledger)).toEqual({ requests: 2, failures: 2 });
});

test('a group of which one counter fell began anew, also where another counter has risen', () => {
  const ledger = openLedger(['pod']);
  ledger.note('pod', [ended(508), failed(5)]);
  ledger.note('pod', [ended(12), failed(7)]);
  expect(taken(ledger)).toEqual({ requests: 19, failures: 7 });
});

test('a counter that is gone began anew with its group; other groups go on', () => {
  const ledger = openLedger(['pod']);
  ledger.note('pod', [ended(508), failed(5), ended(50, 'b')]);
  ledger.note('pod', [ended(600), ended(51, 'b')]);
  expect(taken(ledger)).toEqual({ requests: 601, failures: 0 });
  ledger.note('pod', [ended(51, 'b')]);
  ledger.note('pod', [ended(3), ended(51, 'b')]);
  expect(taken(ledger)).toEqual({ requests: 3, failures: 0 });
});

test('durations come as a histogram over the bounds of all places', () => {
  const ledger = openLedger(['fine']);
  ledger.note('fine', [took(1, 0), took(1.5, 0), took(2, 6), took(Infinity, 0)]);
  expect(taken(ledger)).toBeUndefined();
  ledger.note('fine', [took(1, 4), took(1.5, 0), took(2, 7), took(Infinity, 1)]);
  ledger.note('coarse', [took(5, 2)]);
  expect(taken(ledger)).toEqual({
    requests: 0,
    failures: 0,
    latency: { boundsMs: [1, 1.5, 2, 5], counts: [4, 0, 1, 2, 1] },
  });
});

test('where there are gaps, a counter goes on from what it was, unless it began anew meanwhile', () => {
  const ledger = openLedger(['prometheus'], true);
  ledger.note('prometheus', [ended(508), failed(5), ended(50, 'b')]);
  ledger.note('prometheus', []);
  ledger.note('prometheus', [ended(510), failed(6)]);
  expect(taken(ledger)).toEqual({ requests: 3, failures: 1 });
  ledger.note('prometheus', [ended(4, 'b')]);
  expect(taken(ledger)).toEqual({ requests: 4, failures: 0 });
});
