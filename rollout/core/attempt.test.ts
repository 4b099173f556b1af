import { expect, it } from 'vitest';
import { begin, interruptionOf } from './attempt.ts';
import { observed, sampleAnalysing, sampleGating, samplePlan, sampleReverting } from './sample.ts';
import type { Ended } from './state.ts';
import { initialState } from './step.ts';

const { phase: _phase, sinceMs: _since, ...attempt } = sampleReverting;
const ended = (outcome: Ended['outcome']): Ended => ({ ...attempt, phase: 'Ended', outcome, endedAtMs: 0 });

it('begins with the release that has most weight as the stable one', () => {
  const { state, events } = begin(initialState, samplePlan, observed());
  expect(state).toEqual(sampleGating);
  expect(events[0]).toMatchObject({
    reason: 'RolloutStarted',
    message: 'attempt 1: accounts 2.0.0 is to take over from 1.4.0',
  });
});

it('is idle when the candidate serves already, or nobody does', () => {
  const all = observed({ traffic: { weight: 100 } });
  expect(begin(initialState, samplePlan, all).state).toMatchObject({ phase: 'Idle', reason: '2.0.0 serves already' });
  expect(begin(initialState, samplePlan, observed({ routed: undefined })).state).toMatchObject({
    phase: 'Idle',
    attempt: 0,
  });
});

it('does not repeat what ended, unless it is asked for again', () => {
  const before = ended('RolledBack');
  expect(begin(before, samplePlan, observed()).state).toBe(before);
  expect(begin(before, { ...samplePlan, retry: 1 }, observed()).state).toMatchObject({ phase: 'Gating', attempt: 2 });
  expect(begin(ended('Superseded'), samplePlan, observed()).state).toMatchObject({ phase: 'Gating', attempt: 2 });
});

it('believes the routes about who is stable after a promotion', () => {
  const plan = { ...samplePlan, stable: '1.4.0', candidate: '3.0.0' };
  const routes = observed({ traffic: { weight: 100 } });
  expect(begin(ended('Promoted'), plan, routes).state).toMatchObject({ stable: '2.0.0', candidate: '3.0.0' });
  expect(begin(ended('RolledBack'), plan, routes).state).toMatchObject({ stable: '1.4.0', candidate: '3.0.0' });
});

it('is interrupted by what is asked for meanwhile, and by a word about this attempt only', () => {
  expect(interruptionOf(sampleAnalysing, samplePlan)).toBeUndefined();
  expect(interruptionOf(sampleAnalysing, { ...samplePlan, candidate: '3.0.0' })?.outcome).toBe('Superseded');
  expect(interruptionOf(sampleAnalysing, { ...samplePlan, retry: 1 })?.outcome).toBe('Superseded');
  expect(interruptionOf(sampleAnalysing, { ...samplePlan, candidate: '1.4.0' })?.outcome).toBe('Aborted');
  expect(interruptionOf(sampleAnalysing, undefined)?.outcome).toBe('Aborted');
  expect(interruptionOf(sampleAnalysing, { ...samplePlan, request: { action: 'abort', attempt: 1 } })?.outcome).toBe(
    'Aborted',
  );
  expect(interruptionOf(sampleAnalysing, { ...samplePlan, request: { action: 'abort', attempt: 2 } })).toBeUndefined();
});
