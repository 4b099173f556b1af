import type { Check, CheckVerdict } from './check.ts';
import type { SideBySide } from './comparison.ts';
import { addCounts } from './counts.ts';
import type { Counts } from './evidence.ts';
import type { Decision } from './plan.ts';
import { boundsOf, type Hypotheses, neededToPass, type Trials } from './sequential-test.ts';
import { freshShareTest, judgeShare, type ShareFinding, type ShareTest, verdictOf } from './share-test.ts';

/** What one look at a check has to go by. */
export interface Look {
  readonly decision: Decision;
  /** The stable release is to have no requests at this stage. */
  readonly alone: boolean;
  readonly nowMs: number;
  /** Since the last look. */
  readonly seen: { readonly stable: Counts; readonly candidate: Counts };
  /** Since the stage began, `seen` included. */
  readonly total: { readonly stable: Counts; readonly candidate: Counts };
}

/** A check of a share: what its test carries, and since when it is decided. */
export interface ShareMemory {
  readonly kind: 'share';
  readonly test: ShareTest;
  readonly decidedAtMs?: number;
}

/** How people are told of a share. */
export interface ShareWords {
  /** `6 of 80 requests failed`. */
  readonly of: (trials: Trials) => string;
  /** Added to every reason: `the limit of 45 ms is judged at 50 ms, a bound of the histogram`. */
  readonly note?: string;
}

export interface Judged<Memory> {
  readonly memory: Memory;
  readonly verdict: CheckVerdict;
}

/** Adds trials to the test of a check and says what it says now. `value` and the like are shares, unless the caller puts others in their place. */
export function judgeShareCheck(
  check: Pick<Check, 'name' | 'kind'>,
  hypotheses: Hypotheses,
  {
    memory,
    seen,
    look,
    words,
    clustered,
  }: {
    memory: ShareMemory | undefined;
    seen: SideBySide;
    look: Look;
    words: ShareWords;
    clustered?: true;
  },
): Judged<ShareMemory> {
  const { decision, alone, nowMs } = look;
  const { test, finding } = judgeShare(memory?.test ?? freshShareTest(nowMs), seen, {
    hypotheses,
    decision,
    alone,
    nowMs,
    ...(clustered && { clustered }),
  });
  const bounds = boundsOf(decision.falseAlarm, decision.missed);
  const decided = verdictOf[finding] !== 'inconclusive';
  const decidedAtMs = decided ? (memory?.decidedAtMs ?? nowMs) : undefined;
  const needed = decided || finding === 'excused' ? undefined : neededToPass(hypotheses, test.log, bounds.passAt);
  const { stable, candidate } = test.seen;
  const verdict: CheckVerdict = {
    name: check.name,
    kind: check.kind,
    verdict: verdictOf[finding],
    reason: reasonOf(finding, test.seen, { hypotheses, needed, words }),
    ...(candidate.samples > 0 && { value: candidate.bad / candidate.samples }),
    limit: hypotheses.bad,
    samples: candidate.samples,
    ...(stable.samples > 0 && { stableValue: stable.bad / stable.samples }),
    stableSamples: stable.samples,
    ratio: { log: test.log, ...bounds },
    ...(needed !== undefined && { neededToPass: needed }),
    ...(finding === 'excused' && { excused: true }),
    ...(decidedAtMs !== undefined && { decidedAtMs }),
  };
  return { memory: { kind: 'share', test, ...(decidedAtMs !== undefined && { decidedAtMs }) }, verdict };
}

/** A verdict of a check for which there is nothing to judge. */
export function undecided(check: Pick<Check, 'name' | 'kind'>, reason: string): CheckVerdict {
  return { name: check.name, kind: check.kind, verdict: 'inconclusive', reason, samples: 0, stableSamples: 0 };
}

/** `0.001` -> `0.1 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** Counts of both releases, the later added to the earlier. */
export function addBoth(before: Look['total'], seen: Look['seen']): Look['total'] {
  return { stable: addCounts(before.stable, seen.stable), candidate: addCounts(before.candidate, seen.candidate) };
}

function reasonOf(
  finding: ShareFinding,
  seen: SideBySide,
  { hypotheses, needed, words }: { hypotheses: Hypotheses; needed: number | undefined; words: ShareWords },
): string {
  const said = seen.candidate.samples === 0 ? 'no request of the candidate was seen yet' : words.of(seen.candidate);
  const besides = (): string => `${seen.stable.bad} of ${seen.stable.samples} of the stable release`;
  const bad = (): string => `${percent(hypotheses.bad)} or more is bad`;
  const reasons: Readonly<Record<ShareFinding, () => string>> = {
    cleared: () => `${said}; up to ${percent(hypotheses.good)} is good`,
    worse: () => `${said}, and ${besides()}; ${bad()}`,
    alone: () => `${said}; ${bad()}; the stable release had no traffic to compare with`,
    excused: () => `${said}, and ${besides()}: not held against the candidate until the stable release is good again`,
    unclear: () => `${said}, and ${besides()}: too few to tell whether the candidate is worse`,
    open: () => `${said}; ${needed} more good ones are enough to pass`,
  };
  const reason = reasons[finding]();
  return words.note ? `${reason}; ${words.note}` : reason;
}
