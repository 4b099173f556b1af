import {
  bodyCounter,
  type Check,
  type CheckVerdict,
  type CounterCheck,
  type ErrorRateCheck,
  type VerdictName,
} from './check.ts';
import { noCounts } from './counts.ts';
import type { Counts } from './evidence.ts';
import { type GaugeMemory, judgeGauge } from './gauge-check.ts';
import { handOnLatency, judgeLatency, type LatencyMemory } from './latency-check.ts';
import type { Decision } from './plan.ts';
import type { Trials } from './sequential-test.ts';
import { addBoth, type Judged, judgeShareCheck, type Look, type ShareMemory, undecided } from './share-check.ts';
import type { Tests } from './state.ts';

/** What a check carries from reading to reading. */
export type CheckMemory = ShareMemory | LatencyMemory | GaugeMemory;

export interface Judgement {
  readonly tests: Tests;
  readonly checks: readonly CheckVerdict[];
}

/** Adds what was seen since the last look to the tests, and says what every check says now. */
export type Judge = (before: Tests, seen: Look['seen'], rules: JudgeRules) => Judgement;

export interface JudgeRules {
  readonly checks: readonly Check[];
  readonly decision: Decision;
  /** The stable release is to have no requests at this stage. */
  readonly alone: boolean;
  readonly nowMs: number;
}

export const freshTests: Tests = { stable: noCounts, candidate: noCounts, byCheck: {} };

/** Tests of the next stage: nothing was seen, but what was measured as a limit may be needed again. */
export function handOn(tests: Tests): Tests {
  const byCheck: Record<string, CheckMemory> = {};
  for (const [name, memory] of Object.entries(tests.byCheck)) {
    if (memory.kind === 'latency') byCheck[name] = handOnLatency(memory);
  }
  return { ...freshTests, byCheck };
}

/** Every check in turn, by what was seen since the last time. */
export const judgeChecks: Judge = (before, seen, { checks, decision, alone, nowMs }) => {
  const total = addBoth(before, seen);
  const look: Look = { decision, alone, nowMs, seen, total };
  const byCheck: Record<string, CheckMemory> = {};
  const verdicts = checks.map((check) => {
    const { memory, verdict } = judgeCheck(check, before.byCheck[check.name], look);
    if (memory) byCheck[check.name] = memory;
    return verdict;
  });
  return { tests: { ...total, byCheck }, checks: verdicts };
};

/** One check that fails is enough to fail; all have to pass to pass. */
export function overall(checks: readonly CheckVerdict[]): VerdictName {
  if (checks.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return checks.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'inconclusive';
}

/** A memory of another kind belongs to a check that had this name before the plan was changed. */
function judgeCheck(check: Check, memory: CheckMemory | undefined, look: Look): Judged<CheckMemory | undefined> {
  switch (check.kind) {
    case 'errorRate':
      return judgeErrors(check, memory?.kind === 'share' ? memory : undefined, look);
    case 'latency':
      return judgeLatency(check, memory?.kind === 'latency' ? memory : undefined, look);
    case 'counter':
      return judgeCounter(check, memory?.kind === 'share' ? memory : undefined, look);
    case 'gauge':
      return judgeGauge(check, memory?.kind === 'gauge' ? memory : undefined, look);
  }
}

function judgeErrors(check: ErrorRateCheck, memory: ShareMemory | undefined, look: Look): Judged<ShareMemory> {
  const failed = (counts: Counts): Trials => ({ samples: counts.requests, bad: counts.failures });
  const words = { of: ({ bad, samples }: Trials) => `${bad} of ${samples} requests failed` };
  const seen = { stable: failed(look.seen.stable), candidate: failed(look.seen.candidate) };
  return judgeShareCheck(check, check, { memory, seen, look, words });
}

function judgeCounter(
  check: CounterCheck,
  memory: ShareMemory | undefined,
  look: Look,
): Judged<ShareMemory | undefined> {
  const { counter } = check;
  if (look.total.candidate.counters?.[counter] === undefined) {
    return { memory, verdict: undecided(check, `${counter} of the candidate was never read`) };
  }
  const events = (counts: Counts): Trials => {
    const count = counts.counters?.[counter];
    return count ? { samples: count.occasions, bad: count.events } : { samples: 0, bad: 0 };
  };
  const words = {
    of: ({ bad, samples }: Trials) =>
      counter === bodyCounter ? `${bad} of ${samples} answers were not as expected` : `${bad} ${counter} in ${samples}`,
  };
  const seen = { stable: events(look.seen.stable), candidate: events(look.seen.candidate) };
  return judgeShareCheck(check, check, { memory, seen, look, words });
}
