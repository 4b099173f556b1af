import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addTrials, boundsOf, logRatio, neededToPass } from './sequential-test.ts';
import { seeded } from './simulation/random.ts';

const defaults = { good: 0.001, bad: 0.05 };

it('decides at the bounds of Wald', () => {
  expect(boundsOf(1e-4, 1e-4)).toEqual({ failAt: expect.closeTo(9.2102, 3), passAt: expect.closeTo(-9.2102, 3) });
});

it('passes after 184 good requests by default, and fails after 3 bad ones', () => {
  const { failAt, passAt } = boundsOf(1e-4, 1e-4);
  expect(neededToPass(defaults, 0, passAt)).toBe(184);
  expect(logRatio(defaults, { samples: 183, bad: 0 })).toBeGreaterThan(passAt);
  expect(logRatio(defaults, { samples: 184, bad: 0 })).toBeLessThanOrEqual(passAt);
  expect(logRatio(defaults, { samples: 2, bad: 2 })).toBeLessThan(failAt);
  expect(logRatio(defaults, { samples: 3, bad: 3 })).toBeGreaterThanOrEqual(failAt);
});

it('does not care how trials are grouped', () => {
  const trials = fc.nat(1000).chain((samples) => fc.nat(samples).map((bad) => ({ samples, bad })));
  fc.assert(
    fc.property(trials, trials, (a, b) => {
      expect(logRatio(defaults, addTrials(a, b))).toBeCloseTo(logRatio(defaults, a) + logRatio(defaults, b), 6);
    }),
  );
});

it('stays finite where a share is 0 or 1', () => {
  expect(logRatio({ good: 0, bad: 1 }, { samples: 10, bad: 1 })).toSatisfy(Number.isFinite);
});

/** Share of runs that fail, and the median of trials until a decision. */
function decide(share: number, count: number, bounds = boundsOf(1e-4, 1e-4)): { failed: number; median: number } {
  const random = seeded(7);
  const lengths: number[] = [];
  let failed = 0;
  for (let run = 0; run < count; run++) {
    let log = 0;
    let samples = 0;
    while (log < bounds.failAt && log > bounds.passAt) {
      log += logRatio(defaults, { samples: 1, bad: random() < share ? 1 : 0 });
      samples++;
    }
    if (log >= bounds.failAt) failed++;
    lengths.push(samples);
  }
  return { failed: failed / count, median: lengths.toSorted((a, b) => a - b)[count >> 1] ?? 0 };
}

it('needs no more requests than the known floor, and errs no more often than asked for', () => {
  const [bad, good] = [decide(0.05, 20_000), decide(0.001, 20_000)];
  process.stdout.write(
    `5 % errors: median ${bad.median}; 0.1 %: median ${good.median}, ${good.failed * 20_000} of 20,000 refused\n`,
  );
  expect(bad.median).toBeLessThanOrEqual(57);
  expect(bad.median).toBeGreaterThanOrEqual(53);
  expect(1 - bad.failed).toBeLessThanOrEqual(2e-4);
  expect(good.median).toBe(184);
  expect(good.failed).toBeLessThanOrEqual(2e-4);
});

it('would be seen to err if its bounds were not those that were asked for', () => {
  expect(decide(0.001, 2_000, boundsOf(0.2, 1e-4)).failed).toBeGreaterThan(2e-4);
});
