import { describe, expect, test } from 'vitest';
import type { CheckVerdict } from '../core/check.ts';
import type { Analysing, Ended, Gating, Outcome, Reverting, Shifting, State } from '../core/state.ts';
import { initialState } from '../core/step.ts';
import { parseRollout } from './parse.ts';
import { RolloutInvalid } from './problem.ts';
import type { RolloutStatus } from './rollout.ts';
import { asResource, rolloutOf } from './sample-rollouts.ts';
import { invalidStatus, StateUnknown, stateOf, statusOf } from './status.ts';

const plan = parseRollout(asResource(rolloutOf({})));
const pausing = parseRollout(asResource(rolloutOf({ decision: { onInconclusive: 'Pause', maxRequests: 500 } })));
const startMs = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number, generation = 1) => ({ generation, nowMs: startMs + seconds * 1000 });

const attempt = { attempt: 1, candidate: '2.0.0', stable: '1.4.0', retry: 0, beganAtMs: startMs };
const check: CheckVerdict = {
  name: 'errors',
  kind: 'errorRate',
  verdict: 'inconclusive',
  reason: '0 of 40 requests failed; 140 more good ones are enough',
  samples: 40,
  stableSamples: 360,
};
const example = { release: '2.0.0', what: 'GET /: 500', atMs: startMs };
const none = { requests: 0, failures: 0 };

const gating: Gating = {
  ...attempt,
  phase: 'Gating',
  sinceMs: startMs,
  gates: [
    { gate: 'contract', result: 'open', reason: 'serves v1' },
    { gate: 'readiness', result: 'pending', reason: '1 of 2 Pods is ready' },
  ],
};
const shifting: Shifting = { ...attempt, phase: 'Shifting', stage: 0, traffic: { weight: 10 }, sinceMs: startMs };
const analysing: Analysing = {
  ...attempt,
  phase: 'Analysing',
  stage: 1,
  traffic: { weight: 50 },
  sinceMs: startMs,
  tests: { stable: none, candidate: none, byCheck: {} },
  verdict: 'inconclusive',
  checks: [check],
  seenAtMs: startMs,
  examples: [],
};
const failed = { ...check, verdict: 'fail', reason: '6 of 80 requests failed; 5 % or more is bad' } as const;
const judged = { verdict: 'fail', checks: [failed], examples: [example], reason: `errors: ${failed.reason}` } as const;
const reverting: Reverting = { ...attempt, ...judged, phase: 'Reverting', sinceMs: startMs, outcome: 'RolledBack' };
const ended = (outcome: Outcome, more: Partial<Ended> = {}): Ended => ({
  ...attempt,
  ...judged,
  phase: 'Ended',
  outcome,
  endedAtMs: startMs + 3000,
  ...more,
});

const shown = ({ phase, weight, verdict, stage, message }: RolloutStatus) => ({
  phase,
  weight,
  verdict,
  stage,
  message,
});
const conditionsOf = (status: RolloutStatus) =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));

test.each<[string, State, ReturnType<typeof shown>, Record<string, string>]>([
  [
    'idle',
    initialState,
    { phase: 'Idle', weight: undefined, verdict: undefined, stage: undefined, message: 'nothing was asked for yet' },
    { Progressing: 'False Idle', Healthy: 'Unknown NotJudged', Completed: 'False Idle' },
  ],
  [
    'gating',
    gating,
    { phase: 'Gating', weight: 0, verdict: undefined, stage: undefined, message: 'readiness: 1 of 2 Pods is ready' },
    { Progressing: 'True Gating', Healthy: 'Unknown NotJudged', Completed: 'False Gating' },
  ],
  [
    'shifting',
    shifting,
    {
      phase: 'Shifting',
      weight: 10,
      verdict: undefined,
      stage: '1/3 10 %',
      message: 'waits until the routes have stage 1/3 10 % in force',
    },
    { Progressing: 'True Shifting', Healthy: 'Unknown NotJudged', Completed: 'False Shifting' },
  ],
  [
    'analysing',
    analysing,
    { phase: 'Analysing', weight: 50, verdict: 'inconclusive', stage: '2/3 50 %', message: `errors: ${check.reason}` },
    { Progressing: 'True Analysing', Healthy: 'Unknown EvidenceInsufficient', Completed: 'False Analysing' },
  ],
  [
    'analysing without evidence',
    { ...analysing, missing: { reason: 'no series of release 2.0.0', hint: 'look at its sidecar' } },
    {
      phase: 'Analysing',
      weight: 50,
      verdict: 'inconclusive',
      stage: '2/3 50 %',
      message: 'cannot judge 2.0.0: no series of release 2.0.0; look at its sidecar',
    },
    { Progressing: 'True Analysing', Healthy: 'Unknown EvidenceMissing', Completed: 'False Analysing' },
  ],
  [
    'reverting',
    { ...reverting, stage: 1 },
    {
      phase: 'Reverting',
      weight: 0,
      verdict: 'fail',
      stage: '2/3 50 %',
      message: `back to 1.4.0: errors: ${failed.reason}`,
    },
    { Progressing: 'True Reverting', Healthy: 'False ChecksFail', Completed: 'False Reverting' },
  ],
  [
    'rolled back',
    ended('RolledBack'),
    { phase: 'RolledBack', weight: 0, verdict: 'fail', stage: undefined, message: `errors: ${failed.reason}` },
    { Progressing: 'False RolledBack', Healthy: 'False ChecksFail', Completed: 'True RolledBack' },
  ],
  [
    'promoted',
    ended('Promoted', { verdict: 'pass', reason: 'every check passed' }),
    { phase: 'Promoted', weight: 100, verdict: 'pass', stage: undefined, message: 'every check passed' },
    { Progressing: 'False Promoted', Healthy: 'True ChecksPass', Completed: 'True Promoted' },
  ],
])('shows a state: %s', (_name, state, wanted, conditions) => {
  const status = statusOf(state, plan, undefined, at(0, 7));
  expect(shown(status)).toEqual(wanted);
  expect(conditionsOf(status)).toEqual(conditions);
  expect(status.observedGeneration).toBe(7);
  expect(stateOf(JSON.parse(JSON.stringify(status)))).toEqual(state);
});

describe('a rollout that waits for a person is Paused', () => {
  test('because it was paused', () => {
    const paused = { ...plan, paused: true };
    const status = statusOf(analysing, paused, undefined, at(0));
    expect(status.phase).toBe('Paused');
    expect(status.message).toContain('paused: parley rollout resume, or spec.paused: false, goes on; errors: 0 of 40');
    expect(conditionsOf(status)).toMatchObject({ Progressing: 'False Paused', Completed: 'False Paused' });
    expect(statusOf({ ...analysing, verdict: 'pass', waiting: 'paused' }, paused, undefined, at(0)).message).toBe(
      'paused: parley rollout resume, or spec.paused: false, goes on; every check of 2.0.0 passes',
    );
    expect(statusOf(reverting, paused, undefined, at(0)).phase).toBe('Reverting');
  });

  test.each([
    ['after the longest time', analysing, 600, 'Paused'],
    ['not before', analysing, 599, 'Analysing'],
    [
      'after the most requests',
      { ...analysing, tests: { ...analysing.tests, candidate: { requests: 500, failures: 0 } } },
      1,
      'Paused',
    ],
    ['not with a verdict', { ...analysing, verdict: 'fail' as const }, 600, 'Analysing'],
  ])('because it is undecided %s', (_name, state, seconds, phase) => {
    expect(statusOf(state, pausing, undefined, at(seconds)).phase).toBe(phase);
    expect(statusOf(state, plan, undefined, at(seconds)).phase).toBe('Analysing');
  });
});

test.each<[State, string]>([
  [
    { ...shifting, waiting: '3 of 4 sidecars have it', forced: true },
    'waits until the routes have stage 1/3 10 % in force: 3 of 4 sidecars have it, promoted by request',
  ],
  [
    { ...analysing, waiting: 'evidence', driving: true },
    `errors: ${check.reason}, with calls of its own because callers do not come`,
  ],
  [
    { ...analysing, verdict: 'pass', waiting: 'the least duration of the stage' },
    'every check of 2.0.0 passes; waits for the least duration of the stage',
  ],
  [
    { ...reverting, waiting: 'accounts 1.4.0 has no ready Pods' },
    `back to 1.4.0: errors: ${failed.reason}; waits: accounts 1.4.0 has no ready Pods`,
  ],
])('says what it waits for: %#', (state, message) => {
  expect(statusOf(state, plan, undefined, at(0)).message).toBe(message);
});

test('conditions keep the time since when they have their status', () => {
  const first = statusOf(gating, plan, undefined, at(0));
  const second = statusOf(analysing, plan, first, at(10, 2));
  const third = statusOf(ended('RolledBack'), plan, second, at(20, 2));
  const times = (status: RolloutStatus) => status.conditions?.map(({ lastTransitionTime }) => lastTransitionTime);
  expect(times(second)).toEqual(times(first));
  expect(second.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([2, 2, 2]);
  expect(times(third)).toEqual(['2026-01-01T00:00:20Z', '2026-01-01T00:00:20Z', '2026-01-01T00:00:20Z']);
});

test('history has each attempt once, the newest first, at most ten', () => {
  let status: RolloutStatus | undefined;
  for (let number = 1; number <= 12; number++)
    for (const seconds of [0, 5])
      status = statusOf(ended('RolledBack', { attempt: number }), plan, status, at(number * 60 + seconds));
  expect(status?.history?.map((entry) => entry.attempt)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
  expect(status?.history?.[0]).toEqual({
    attempt: 12,
    candidate: '2.0.0',
    stable: '1.4.0',
    outcome: 'RolledBack',
    reason: judged.reason,
    beganAt: '2026-01-01T00:00:00Z',
    endedAt: '2026-01-01T00:00:03Z',
    checks: [failed],
    examples: [example],
  });
  expect(statusOf(gating, plan, status, at(0)).history).toHaveLength(10);
});

test('a Rollout that cannot be carried out says why and loses nothing', () => {
  const before = statusOf(analysing, plan, undefined, at(0));
  const problem = { field: 'spec.stable', message: 'must be another release' };
  const error = new RolloutInvalid({ name: 'accounts', namespace: 'exchange' }, [problem]);
  const status = invalidStatus(analysing, error, before, at(5, 2));
  expect(status.message).toBe('spec.stable: must be another release');
  expect(conditionsOf(status)).toMatchObject({ Progressing: 'False Invalid' });
  expect(stateOf(status)).toEqual(analysing);
});

describe('a state that is not understood is refused by name', () => {
  test('a new object has none, and that is the beginning', () => {
    expect(stateOf(undefined)).toEqual(initialState);
    expect(stateOf({})).toEqual(initialState);
  });

  test.each<[string, unknown, string]>([
    ['a phase that nobody knows', { phase: 'Dancing', attempt: 1 }, 'state.phase: '],
    ['a member that is gone', { ...shifting, traffic: undefined }, 'state.traffic: '],
    ['a weight that cannot be', { ...shifting, traffic: { weight: 140 } }, 'state.traffic.weight: '],
    [
      'no number',
      { ...analysing, checks: [{ ...check, ratio: { log: null, failAt: 1, passAt: -1 } }] },
      'state.checks[0].ratio.log: ',
    ],
    ['nothing but text', 'Analysing', 'state: '],
  ])('%s', (_name, state, message) => {
    const stored = JSON.parse(JSON.stringify({ attempt: 1, state }));
    expect(() => stateOf(stored)).toThrow(StateUnknown);
    expect(() => stateOf(stored)).toThrow(message);
  });

  test('a state that was taken away', () => {
    expect(() => stateOf({ attempt: 3 })).toThrow('it is gone, though attempt 3 has begun');
  });

  test('members of a later version are kept', () => {
    const later = { ...shifting, colour: 'blue' };
    expect(stateOf({ attempt: 1, state: later })).toEqual(later);
  });
});
