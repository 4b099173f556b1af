import { expect, it } from 'vitest';
import { addCounts, isActive, noCounts } from './counts.ts';

it('adds counts and counters, and takes the last gauges', () => {
  const first = {
    requests: 2,
    failures: 1,
    counters: { gaps: { events: 1, occasions: 5 } },
    gauges: { lag: 9, age: 1 },
  };
  const next = {
    requests: 3,
    failures: 0,
    counters: { gaps: { events: 0, occasions: 5 }, body: { events: 1, occasions: 1 } },
    gauges: { lag: 4 },
  };
  expect(addCounts(first, next)).toEqual({
    requests: 5,
    failures: 1,
    counters: { gaps: { events: 1, occasions: 10 }, body: { events: 1, occasions: 1 } },
    gauges: { lag: 4, age: 1 },
  });
});

it('tells a release that did something from one that did not', () => {
  expect(isActive(noCounts)).toBe(false);
  expect(isActive({ ...noCounts, gauges: { lag: 0 } })).toBe(false);
  expect(isActive({ ...noCounts, requests: 1 })).toBe(true);
  expect(isActive({ ...noCounts, counters: { gaps: { events: 0, occasions: 1 } } })).toBe(true);
});
