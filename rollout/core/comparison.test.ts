import { expect, it } from 'vitest';
import { type Comparison, compare, type Finding, findingOf, freshComparison, type SideBySide } from './comparison.ts';
import { happening, type Random, seeded } from './simulation/random.ts';

const rules = { ratio: 50, falseBlame: 1e-3 };

function after(sides: readonly SideBySide[]): Finding {
  const end = sides.reduce<Comparison>(
    (sofar, side, index) => compare(sofar, side, { ...rules, nowMs: index * 100 }),
    freshComparison(0),
  );
  return findingOf(end, rules);
}

const side = (candidate: [number, number], stable: [number, number]): SideBySide => ({
  candidate: { samples: candidate[0], bad: candidate[1] },
  stable: { samples: stable[0], bad: stable[1] },
});

it('blames a candidate whose failures nobody else has', () => {
  expect(after([side([10, 3], [90, 0])])).toBe('open');
  expect(after([side([10, 4], [90, 0])])).toBe('worse');
});

it('explains failures that both have', () => {
  expect(after([side([10, 10], [90, 90])])).toBe('explained');
  expect(after([side([100, 20], [900, 180])])).toBe('explained');
});

it('says nothing of a release that was alone', () => {
  expect(after([side([100, 100], [0, 0])])).toBe('open');
});

it('sees a broken candidate while a fifth of everything fails', () => {
  const broken = Array.from({ length: 20 }, () => side([10, 10], [90, 18]));
  expect(after(broken)).toBe('worse');
});

it('blames after all, when the failures of both are long over', () => {
  const outage = Array.from({ length: 100 }, () => side([10, 10], [90, 90]));
  const alone = Array.from({ length: 5 }, () => side([10, 2], [90, 0]));
  expect(after([...outage, ...alone])).toBe('worse');
});

it('compares a candidate that is called now and then with what the stable release saw then', () => {
  const before = Array.from({ length: 1200 }, () => side([0, 0], [100, 0]));
  const during = [side([20, 20], [100, 100]), side([20, 20], [100, 100])];
  expect(after([...before, ...during])).not.toBe('worse');
});

interface Outages {
  readonly weight: number;
  readonly share: number;
  readonly bursts: boolean;
}

/** Share of innocent candidates that are blamed within 2,000 requests. */
function blamed(
  random: Random,
  { weight, share, bursts }: Outages,
  runs: number,
  falseBlame = rules.falseBlame,
): number {
  const options = { ratio: rules.ratio, falseBlame };
  let count = 0;
  for (let run = 0; run < runs; run++) {
    let comparison = freshComparison(0);
    for (let tick = 0; tick < 100; tick++) {
      const mine = happening(random, 20, weight);
      const failing = bursts && tick % 10 >= 3 ? 0.001 : share;
      const seen = side([mine, happening(random, mine, failing)], [20 - mine, happening(random, 20 - mine, failing)]);
      comparison = compare(comparison, seen, { ...options, nowMs: tick * 100 });
      if (findingOf(comparison, options) !== 'worse') continue;
      count++;
      break;
    }
  }
  return count / runs;
}

it.each([0.05, 0.1, 0.5, 0.9])(
  'blames an innocent candidate at weight %d no more often than asked for',
  { timeout: 60_000 },
  (weight) => {
    const random = seeded(11);
    for (const share of [0.002, 0.02, 0.2, 0.5, 1]) {
      for (const bursts of [false, true]) {
        expect(blamed(random, { weight, share, bursts }, 1000), `share ${share}, bursts ${bursts}`).toBeLessThanOrEqual(
          3e-3,
        );
      }
    }
  },
);

it('would be seen to blame the innocent if its bound were not kept', () => {
  expect(blamed(seeded(11), { weight: 0.1, share: 0.02, bursts: false }, 500, 0.3)).toBeGreaterThan(0.02);
});
