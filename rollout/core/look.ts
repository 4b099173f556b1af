import { noCounts } from './counts.ts';
import type { Example } from './evidence.ts';
import type { JudgeRules } from './judge.ts';
import type { Observation } from './observation.ts';
import type { RolloutPlan } from './plan.ts';
import type { Look } from './share-check.ts';

/** What an observation adds to the counts of both releases. */
export function countsOf({ reading }: Observation): Look['seen'] {
  return reading?.kind === 'counts' ? reading : { stable: noCounts, candidate: noCounts };
}

export function ruleFor(plan: RolloutPlan, nowMs: number): Omit<JudgeRules, 'alone'> {
  return { checks: plan.checks, decision: plan.decision, nowMs };
}

/** So many failing requests are kept to be looked up. */
const mostExamples = 5;

/** Failing requests of the candidate, the newest last. */
export function examplesOf(
  state: { readonly candidate: string; readonly examples?: readonly Example[] },
  { reading }: Observation,
): readonly Example[] {
  const kept = state.examples ?? [];
  if (reading?.kind !== 'counts') return kept;
  const more = reading.examples.filter(({ release }) => release === state.candidate);
  return more.length === 0 ? kept : [...kept, ...more].slice(-mostExamples);
}
