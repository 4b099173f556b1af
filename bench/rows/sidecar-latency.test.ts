import { expect, test } from 'vitest';
import type { Sample } from '../proxies/rig.ts';
import { isMet } from '../row.ts';
import { latencyMeasurements } from './sidecar-latency.ts';

function samples(p50Ms: number, p99Ms: number): Sample[] {
  return Array.from({ length: 3 }, () => ({ p50Ms, p99Ms, cpuMsPer1000: 100, spansPer1000: 0, lateP99Ms: 0.1 }));
}

test('what is compared is what the proxies add, not the whole latency', () => {
  const lines = latencyMeasurements({
    direct: samples(1, 2),
    of: (proxy, variant) => {
      if (variant !== 'mTLS') return undefined;
      return proxy === 'Parley' ? samples(1.5, 3) : samples(1.25, 3);
    },
    notes: [],
  });
  const p50 = lines.find(({ what }) => what === 'mTLS: p50 added');
  expect(p50?.ratio?.median).toBeCloseTo(2);
  expect(p50?.goals.map((goal) => p50 && isMet(goal, p50))).toEqual([false]);
  expect(lines.find(({ what }) => what === 'mTLS: p99 added')?.ratio?.median).toBeCloseTo(1);
  expect(lines.find(({ what }) => what === 'mTLS: p50 added (yardstick)')?.against?.name).toBe('HAProxy');
});

test('without a proxy on the machine its lines are left out', () => {
  const of = (proxy: string) => (proxy === 'HAProxy' ? undefined : samples(2, 3));
  const lines = latencyMeasurements({ direct: samples(1, 2), of, notes: [] });
  expect(lines.some(({ what }) => what.includes('yardstick'))).toBe(false);
});
