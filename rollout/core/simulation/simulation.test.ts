import { describe, expect, it } from 'vitest';
import { type Judge, judgeChecks } from '../judge.ts';
import { type Behaviour, type Outage, outageOf, rehearsals, sound, stalling } from './behaviour.ts';
import { seeded } from './random.ts';
import { planOf, type Run, run } from './run.ts';
import type { WorldOptions } from './world.ts';

const good: Behaviour = () => sound;

/** Begins as soon as it can, and lasts. */
const steady: Outage = { fromMs: 0, untilMs: 60_000, burstMs: 60_000, failure: 0.5 };

/** Noise, a dependency that begins to fail while both have traffic in a third of the runs, seconds without traffic, evidence that cannot be read. */
function goodWorld(seed: number): WorldOptions {
  const random = seeded(seed);
  const behaviour = seed % 4 === 0 ? stalling(random) : good;
  const noisy = { behaviour, requestsPerSecond: 200, unreadable: 0.01, silent: random() < 0.3 ? 0.2 : 0 };
  return seed % 3 === 0 ? { ...noisy, outage: outageOf(random) } : noisy;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function told(title: string, runs: readonly Run[]): string {
  const requests = runs.map((each) => each.requests);
  const outcomes = Object.entries(Object.groupBy(runs, ({ ended }) => ended.outcome)).map(
    ([name, of]) => `${of?.length} ${name}`,
  );
  return `${title}: ${outcomes.join(', ')}; candidate requests median ${quantile(requests, 0.5)}, p95 ${quantile(requests, 0.95)}`;
}

function many(count: number, one: (seed: number) => Run): readonly Run[] {
  return Array.from({ length: count }, (_, index) => one(index + 1));
}

for (const [name, behaviourOf] of Object.entries(rehearsals)) {
  it(`promotes none of 1,000 candidates with ${name}`, { timeout: 60_000 }, () => {
    const runs = many(1000, (seed) =>
      run(seed, { behaviour: behaviourOf(seeded(seed + 1e6)), requestsPerSecond: 200 }),
    );
    process.stdout.write(`${told(name, runs)}\n`);
    expect(runs.filter(({ ended }) => ended.outcome === 'Promoted')).toEqual([]);
  });
}

it('refuses at most one of 1,000 good candidates', { timeout: 60_000 }, () => {
  const runs = many(1000, (seed) => run(seed, goodWorld(seed)));
  process.stdout.write(`${told('good', runs)}\n`);
  const refused = runs.filter(({ ended }) => ended.outcome !== 'Promoted').map(({ ended }) => ended.reason);
  expect(refused.length, refused.join('\n')).toBeLessThanOrEqual(1);
});

it('finds 5 % errors within 1.5 times the statistical floor, 56 requests at the median', () => {
  const runs = many(1000, (seed) => run(seed, { behaviour: rehearsals['errors 5 %'](), requestsPerSecond: 200 }));
  expect(
    quantile(
      runs.map(({ requests }) => requests),
      0.5,
    ),
  ).toBeLessThanOrEqual(84);
});

it('finds bad candidates while a dependency fails for both, or as soon as it is back', { timeout: 60_000 }, () => {
  const kinds = Object.values(rehearsals);
  const runs = many(800, (seed) => {
    const behaviour = kinds[seed % kinds.length]?.(seeded(seed + 1e6)) ?? good;
    return run(seed, { ...goodWorld(3 * seed), behaviour });
  });
  process.stdout.write(`${told('bad, with a failing dependency', runs)}\n`);
  expect(runs.filter(({ ended }) => ended.outcome === 'Promoted')).toEqual([]);
});

it('goes back, and says why, when a dependency fails while nobody is left to compare with', () => {
  const runs = many(100, (seed) =>
    run(seed, { behaviour: good, requestsPerSecond: 200, outageAlone: true, outage: steady }),
  );
  process.stdout.write(`${told('good, dependency fails at 100 %', runs)}\n`);
  for (const { ended } of runs)
    expect(ended).toMatchObject({
      outcome: 'RolledBack',
      reason: expect.stringContaining('no traffic to compare with'),
    });
});

describe('faults in the judge that these figures must show', () => {
  it('the comparison is left out: good candidates are refused', () => {
    const runs = many(60, (seed) =>
      run(3 * seed, goodWorld(3 * seed), planOf(), (tests, seen, rules) =>
        judgeChecks(tests, seen, { ...rules, alone: true }),
      ),
    );
    expect(runs.filter(({ ended }) => ended.outcome === 'RolledBack').length).toBeGreaterThan(10);
  });

  it('the bound against false alarms is ignored: good candidates are refused', () => {
    const plan = planOf({ decision: { falseAlarm: 0.4, falseBlame: 0.4 } });
    const runs = many(60, (seed) => run(seed, goodWorld(seed), plan));
    expect(runs.filter(({ ended }) => ended.outcome === 'RolledBack').length).toBeGreaterThan(2);
  });

  it('what is undecided counts as good: bad candidates are promoted', () => {
    const hasty: Judge = (tests, seen, rules) => {
      const judged = judgeChecks(tests, seen, rules);
      return {
        ...judged,
        checks: judged.checks.map((check) => (check.verdict === 'fail' ? check : { ...check, verdict: 'pass' })),
      };
    };
    const options = { behaviour: rehearsals['errors 5 %'](), requestsPerSecond: 200 };
    const runs = many(60, (seed) => run(seed, options, planOf({ minDurationMs: 0 }), hasty));
    expect(runs.filter(({ ended }) => ended.outcome === 'Promoted').length).toBeGreaterThan(0);
  });
});
