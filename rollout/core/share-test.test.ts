import { expect, it } from 'vitest';
import type { SideBySide } from './comparison.ts';
import { freshShareTest, judgeShare, type ShareFinding, type ShareRules, type ShareTest } from './share-test.ts';

const rules: ShareRules = {
  hypotheses: { good: 0.001, bad: 0.05 },
  decision: { falseAlarm: 1e-4, missed: 1e-4, falseBlame: 1e-3 },
  alone: false,
  nowMs: 0,
};

const side = (candidate: [number, number], stable: [number, number]): SideBySide => ({
  candidate: { samples: candidate[0], bad: candidate[1] },
  stable: { samples: stable[0], bad: stable[1] },
});

function told(
  sides: readonly SideBySide[],
  changes: Partial<ShareRules> = {},
): { test: ShareTest; findings: ShareFinding[] } {
  let test = freshShareTest(0);
  const findings = sides.map((seen, index) => {
    const judged = judgeShare(test, seen, { ...rules, nowMs: index * 100, ...changes });
    test = judged.test;
    return judged.finding;
  });
  return { test, findings };
}

const outage = side([10, 10], [90, 90]);
const quiet = side([10, 0], [90, 0]);

it('clears a candidate by its own test alone', () => {
  expect(told([side([183, 0], [900, 0]), side([1, 0], [0, 0])]).findings).toEqual(['open', 'cleared']);
});

it('condemns one that is bad and worse than the stable release', () => {
  expect(told([side([10, 3], [90, 0]), side([10, 1], [90, 0])]).findings).toEqual(['unclear', 'worse']);
});

it('condemns one that is alone, and needs no comparison for that', () => {
  expect(told([side([3, 3], [0, 0])], { alone: true }).findings).toEqual(['alone']);
  expect(told([side([3, 3], [0, 0])]).findings).toEqual(['unclear']);
  expect(told([side([99, 9], [0, 0]), side([1, 0], [0, 0])]).findings).toEqual(['unclear', 'alone']);
});

it('excuses it while the stable release fails, and begins anew when that is proven good', () => {
  const { test, findings } = told([
    outage,
    outage,
    quiet,
    quiet,
    quiet,
    quiet,
    ...Array.from({ length: 20 }, () => quiet),
  ]);
  expect(findings.slice(0, 6)).toEqual(['excused', 'excused', 'excused', 'excused', 'open', 'open']);
  expect(findings.at(-1)).toBe('cleared');
  expect(test.seen.candidate.bad).toBe(0);
});

it('never clears a candidate while both fail', () => {
  expect(told(Array.from({ length: 500 }, () => outage)).findings.every((finding) => finding === 'excused')).toBe(true);
});

it('condemns an excused candidate that goes on failing when the stable release does not', () => {
  const findings = told([outage, outage, ...Array.from({ length: 10 }, () => side([10, 5], [90, 0]))]).findings;
  expect(findings.at(2)).toBe('excused');
  expect(findings).toContain('worse');
});

it('still reacts after a million good requests', () => {
  const { findings } = told([side([1e6, 1000], [9e6, 9000]), side([10, 8], [90, 0]), side([10, 8], [90, 0])]);
  expect(findings).toEqual(['cleared', 'worse', 'worse']);
});

it('sees a stable release that fails after a million good requests', () => {
  expect(told([side([100, 0], [1e6, 1000]), outage]).findings).toEqual(['open', 'excused']);
});

it('takes three seconds of clustered trials to condemn, however many there are in one', () => {
  const changes = { hypotheses: { good: 0.05, bad: 0.2 }, clustered: true } as const;
  const stall = side([60, 60], [540, 5]);
  const fine = side([20, 0], [180, 5]);
  const seconds = (...each: readonly SideBySide[]) => each.flatMap((first) => [first, ...Array(9).fill(fine)]);
  expect(told(seconds(stall, stall), changes).findings).not.toContain('worse');
  expect(told([stall, ...Array(30).fill(stall)], changes).findings.indexOf('worse')).toBe(21);
  expect(told([stall, stall], { ...changes, clustered: undefined }).findings).toContain('worse');
});
