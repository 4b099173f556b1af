import type { VerdictName } from './check.ts';
import {
  addSides,
  type Comparison,
  type ComparisonRules,
  compare,
  findingOf,
  freshComparison,
  nothingSeen,
  type SideBySide,
} from './comparison.ts';
import type { Decision } from './plan.ts';
import { boundsOf, type Hypotheses, logRatio, type Trials } from './sequential-test.ts';

/** A share of bad trials under judgement. Plain JSON, carried from reading to reading. */
export interface ShareTest {
  /** Of the period: since the stage began, or since the stable release was good again. */
  readonly seen: SideBySide;
  /** Logarithm of the candidate's likelihood ratio; never below the pass bound, so that it still reacts to what comes later. */
  readonly log: number;
  /** The same of the stable release; begins anew at 0 whenever it says bad. */
  readonly stableLog: number;
  /** It said bad, and not good since. */
  readonly stableFails?: true;
  readonly comparison: Comparison;
  /** The candidate is bad on its own count, and so is the stable release. */
  readonly excused?: true;
  /** Where `log` was when the second that runs began. */
  readonly second?: { readonly sinceMs: number; readonly fromLog: number };
}

export interface ShareRules {
  readonly hypotheses: Hypotheses;
  readonly decision: Pick<Decision, 'falseAlarm' | 'missed' | 'falseBlame'>;
  /** The stable release is to have no requests: there is nothing to compare with. */
  readonly alone: boolean;
  readonly nowMs: number;
  /**
   * Trials of one moment share their fate: what holds up a release for a moment holds up everything that is in it then. The evidence against it of one
   * second then goes at most a third of the way, so that it takes three seconds.
   */
  readonly clustered?: true;
}

/** `cleared`, `worse`, `alone` decide; the others do not yet. */
export type ShareFinding = 'cleared' | 'worse' | 'alone' | 'excused' | 'unclear' | 'open';

/** What a finding means for the check. */
export const verdictOf: Readonly<Record<ShareFinding, VerdictName>> = {
  cleared: 'pass',
  worse: 'fail',
  alone: 'fail',
  excused: 'inconclusive',
  unclear: 'inconclusive',
  open: 'inconclusive',
};

export function freshShareTest(nowMs: number): ShareTest {
  return { seen: nothingSeen, log: 0, stableLog: 0, comparison: freshComparison(nowMs) };
}

/**
 * Adds what both releases saw in the same time, and says what follows:
 * the candidate is cleared by its own test alone. It is condemned when its own test says bad and it is worse than the stable release, or when there
 * is no stable release to compare with. When the stable release fails as well, it is excused, until the stable release is proven good by
 * requests of its own; then a new period begins for the candidate.
 */
export function judgeShare(
  before: ShareTest,
  seen: SideBySide,
  rules: ShareRules,
): { test: ShareTest; finding: ShareFinding } {
  const test = advance(before, seen, rules);
  const { failAt, passAt } = boundsOf(rules.decision.falseAlarm, rules.decision.missed);
  if (test.log <= passAt) return { test: { ...test, excused: undefined }, finding: 'cleared' };
  const comparison = findingOf(test.comparison, comparisonRules(rules));
  if (test.log >= failAt) {
    if (comparison === 'worse') return { test, finding: 'worse' };
    if (rules.alone || isAlone(test.seen)) return { test, finding: 'alone' };
  }
  if (test.excused) {
    if (test.stableFails) return { test, finding: 'excused' };
    return { test: { ...freshShareTest(rules.nowMs), stableLog: test.stableLog }, finding: 'open' };
  }
  if (test.log < failAt) return { test, finding: 'open' };
  if (comparison === 'open' && !test.stableFails) return { test, finding: 'unclear' };
  return { test: { ...test, excused: true, stableFails: true, stableLog: 0 }, finding: 'excused' };
}

function advance(before: ShareTest, seen: SideBySide, rules: ShareRules): ShareTest {
  return {
    ...before,
    ...stableAfter(before, seen.stable, rules),
    ...candidateAfter(before, seen.candidate, rules),
    seen: addSides(before.seen, seen),
    comparison: compare(before.comparison, seen, { ...comparisonRules(rules), nowMs: rules.nowMs }),
  };
}

/** So many seconds it takes at least to condemn where trials are clustered. */
const clusteredSeconds = 3;
const secondMs = 1_000;

function candidateAfter(before: ShareTest, seen: Trials, rules: ShareRules): Pick<ShareTest, 'log' | 'second'> {
  const { failAt, passAt } = boundsOf(rules.decision.falseAlarm, rules.decision.missed);
  const log = Math.max(passAt, before.log + logRatio(rules.hypotheses, seen));
  if (!rules.clustered) return { log };
  const runs = before.second && rules.nowMs - before.second.sinceMs < secondMs;
  const second = runs ? before.second : { sinceMs: rules.nowMs, fromLog: before.log };
  return { log: Math.min(log, second.fromLog + failAt / clusteredSeconds), second };
}

function stableAfter(before: ShareTest, seen: Trials, rules: ShareRules): Pick<ShareTest, 'stableLog' | 'stableFails'> {
  const { failAt, passAt } = boundsOf(rules.decision.falseAlarm, rules.decision.missed);
  const stableLog = before.stableLog + logRatio(rules.hypotheses, seen);
  if (stableLog >= failAt) return { stableLog: 0, stableFails: true };
  if (stableLog <= passAt) return { stableLog: passAt, stableFails: undefined };
  return { stableLog, stableFails: before.stableFails };
}

function comparisonRules({ hypotheses, decision, clustered }: ShareRules): ComparisonRules {
  return {
    ratio: hypotheses.bad / Math.max(hypotheses.good, 1e-6),
    falseBlame: decision.falseBlame,
    ...(clustered && { leastBlocks: clusteredSeconds, leastBlockMs: secondMs }),
  };
}

/** So many of the candidate with next to none of the stable release are no accident: nobody calls it, or it does not count such events. */
const aloneAfter = 100;

function isAlone({ stable, candidate }: SideBySide): boolean {
  return candidate.samples >= aloneAfter && stable.samples < candidate.samples / 100;
}
