import { expect, it } from 'vitest';
import type { RolloutPlan } from './plan.ts';
import { counted, observed, type Seen, sampleAnalysing, samplePlan } from './sample.ts';
import { step } from './step.ts';

const traffic = { weight: 10 };
const at10 = (seen: Seen = {}) => observed({ traffic, ...seen });
const good = counted([184, 0], [1656, 1]);
const decision = (changes: Partial<RolloutPlan['decision']>): RolloutPlan => ({
  ...samplePlan,
  decision: { ...samplePlan.decision, ...changes },
});

it('goes on when every check passes, with fresh tests', () => {
  const { state, effects, events } = step(sampleAnalysing, at10({ reading: good }));
  expect(state).toMatchObject({
    phase: 'Shifting',
    stage: 1,
    traffic: { weight: 50 },
    tests: { candidate: { requests: 0 } },
  });
  expect(effects[0]).toMatchObject({ do: 'route', traffic: { weight: 50 } });
  expect(events.map(({ reason }) => reason)).toEqual(['StagePassed', 'TrafficShifting']);
});

it('waits for the least duration and the least number of requests', () => {
  const slow = { ...samplePlan, stages: samplePlan.stages.map((stage) => ({ ...stage, minDurationMs: 10_000 })) };
  const first = step(sampleAnalysing, at10({ plan: slow, reading: good, afterMs: 9_999 }));
  expect(first.state).toMatchObject({
    phase: 'Analysing',
    verdict: 'pass',
    waiting: 'the least duration of the stage',
  });
  expect(step(first.state, at10({ plan: slow, afterMs: 10_000 })).state.phase).toBe('Shifting');
  expect(step(sampleAnalysing, at10({ plan: decision({ minRequests: 185 }), reading: good })).state).toMatchObject({
    waiting: '185 requests',
  });
});

it('promotes after the last stage', () => {
  const last = { ...sampleAnalysing, stage: 2, traffic: { weight: 100 } };
  const { state, effects } = step(last, observed({ traffic: { weight: 100 }, reading: good }));
  expect(state).toMatchObject({ phase: 'Ended', outcome: 'Promoted', verdict: 'pass' });
  expect(effects).toEqual([]);
});

it.each([10, 100])('goes back when a check fails at %d %%, paused or not', (weight) => {
  const state = { ...sampleAnalysing, traffic: { weight } };
  const seen = observed({
    traffic: { weight },
    plan: { ...samplePlan, paused: true },
    reading: counted([10, 6], [90, 0]),
  });
  const back = step(state, seen);
  expect(back.state).toMatchObject({
    phase: 'Reverting',
    outcome: 'RolledBack',
    verdict: 'fail',
    reason: expect.stringContaining('6 of 10'),
  });
  expect(back.effects).toEqual([{ do: 'route', stable: '1.4.0', candidate: '2.0.0', traffic: { weight: 0 } }]);
});

it('begins no stage while paused', () => {
  const plan = { ...samplePlan, paused: true };
  const { state } = step(sampleAnalysing, at10({ plan, reading: good }));
  expect(state).toMatchObject({ phase: 'Analysing', waiting: 'paused' });
  expect(step(state, at10()).state.phase).toBe('Shifting');
});

it('does not pass without evidence, and tells once what is missing', () => {
  const missing = { kind: 'missing', reason: 'no sidecar of edge answers', hint: 'see parley status' } as const;
  const passed = step(sampleAnalysing, at10({ plan: { ...samplePlan, paused: true }, reading: good })).state;
  const { state, events } = step(passed, at10({ reading: missing }));
  expect(state).toMatchObject({
    phase: 'Analysing',
    verdict: 'inconclusive',
    checks: [{ reason: 'no evidence: no sidecar of edge answers' }],
  });
  expect(events).toEqual([
    { type: 'Warning', reason: 'EvidenceMissing', message: 'no sidecar of edge answers; see parley status' },
  ]);
  expect(step(state, at10({ reading: missing })).events).toEqual([]);
  const back = step(state, at10({ reading: counted([1, 0], [9, 0]) }));
  expect(back.events.map(({ reason }) => reason)).toContain('EvidenceBack');
});

it.each([
  ['wait', 'Analysing', undefined],
  ['drive', 'Analysing', true],
  ['stop', 'Reverting', undefined],
] as const)('when no request comes: %s', (action, phase, driving) => {
  const plan = { ...samplePlan, noEvidence: { afterMs: 30_000, action } };
  expect(step(sampleAnalysing, at10({ plan, afterMs: 29_999 })).state).not.toHaveProperty('driving');
  const { state, effects } = step(sampleAnalysing, at10({ plan, afterMs: 30_000 }));
  expect(state.phase).toBe(phase);
  expect(state).toEqual(
    driving ? expect.objectContaining({ driving }) : expect.not.objectContaining({ driving: true }),
  );
  expect(effects.some((effect) => effect.do === 'drive')).toBe(action === 'drive');
});

it('goes back when it stays undecided, or asks a person', () => {
  const rollback = step(sampleAnalysing, at10({ plan: decision({ maxDurationMs: 1_000 }), afterMs: 1_000 }));
  expect(rollback.state).toMatchObject({
    phase: 'Reverting',
    reason: expect.stringContaining('undecided after 1 s; errors: '),
  });
  const plan = decision({ maxRequests: 50, onInconclusive: 'pause' });
  const asked = step(sampleAnalysing, at10({ plan, reading: counted([50, 0], [450, 0]) }));
  expect(asked.state).toMatchObject({ phase: 'Analysing', waiting: expect.stringContaining('a person has to decide') });
  expect(asked.events.map(({ reason }) => reason)).toEqual(['Undecided']);
  expect(step(asked.state, at10({ plan })).events).toEqual([]);
});

it('goes back from a candidate that has had no ready Pods for long', () => {
  const unready = (afterMs: number) => at10({ ready: { '2.0.0': 0 }, afterMs });
  const first = step(sampleAnalysing, unready(100)).state;
  expect(step(first, unready(60_099)).state.phase).toBe('Analysing');
  expect(step(first, unready(60_100)).state).toMatchObject({
    phase: 'Reverting',
    reason: '2.0.0 has had no ready Pods for 60 s',
  });
});

it('writes weights again that somebody else has changed, and does not go on before they are in force', () => {
  const { state, effects } = step(sampleAnalysing, observed({ traffic: { weight: 30 }, reading: good }));
  expect(state.phase).toBe('Analysing');
  expect(effects[0]).toEqual({ do: 'route', stable: '1.4.0', candidate: '2.0.0', traffic });
});

it('holds nothing against a candidate while the stable release fails as well', () => {
  const { state, events } = step(sampleAnalysing, at10({ reading: counted([10, 10], [90, 90]) }));
  expect(state).toMatchObject({ phase: 'Analysing', checks: [{ excused: true, verdict: 'inconclusive' }] });
  expect(events.map(({ reason }) => reason)).toEqual(['StableFails']);
});

it('keeps the newest failing requests of the candidate', () => {
  const example = (atMs: number, release: string) => ({ release, what: 'GET /v1/accounts: 500', atMs });
  const examples = [...Array.from({ length: 7 }, (_, index) => example(index, '2.0.0')), example(9, '1.4.0')];
  const none = { requests: 0, failures: 0 };
  const { state } = step(
    sampleAnalysing,
    at10({ reading: { kind: 'counts', stable: none, candidate: none, examples } }),
  );
  expect(state).toMatchObject({ examples: [2, 3, 4, 5, 6].map((atMs) => ({ atMs })) });
});
