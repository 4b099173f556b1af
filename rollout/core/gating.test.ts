import { expect, it } from 'vitest';
import { freshTests } from './judge.ts';
import { observed, sampleGating, samplePlan } from './sample.ts';
import { step } from './step.ts';

const smoke = { ...samplePlan, gates: { ...samplePlan.gates, smoke: true } };
const open = { gate: 'contract', result: 'open', reason: 'serves v1 and v2' } as const;

it('asks one gate after the other, and gives traffic when all are open', () => {
  const first = step(sampleGating, observed({ plan: smoke }));
  expect(first.effects).toEqual([{ do: 'ask', gate: 'contract', candidate: '2.0.0' }]);
  const second = step(first.state, observed({ plan: smoke, gates: { contract: open } }));
  expect(second.effects).toEqual([{ do: 'ask', gate: 'smoke', candidate: '2.0.0' }]);
  const passed = { gate: 'smoke', result: 'open', reason: '3 of 3 calls' } as const;
  const third = step(second.state, observed({ plan: smoke, gates: { smoke: passed } }));
  expect(third.state).toMatchObject({ phase: 'Shifting', stage: 0, tests: freshTests });
  expect(third.effects).toContainEqual({ do: 'route', stable: '1.4.0', candidate: '2.0.0', traffic: { weight: 10 } });
});

it('refuses before a shut gate, and leaves the routes as they are', () => {
  const shut = { gate: 'contract', result: 'shut', reason: '2.0.0 lacks v1' } as const;
  const { state, effects, events } = step(sampleGating, observed({ gates: { contract: shut } }));
  expect(state).toMatchObject({ phase: 'Ended', outcome: 'Refused', reason: 'gate contract is shut: 2.0.0 lacks v1' });
  expect(effects).toEqual([]);
  expect(events).toEqual([{ type: 'Warning', reason: 'Refused', message: expect.stringContaining('had no traffic') }]);
});

it('waits for all Pods, and refuses when they are not ready in time', () => {
  const waiting = (afterMs: number) => observed({ gates: { contract: open }, ready: { '2.0.0': 1 }, afterMs });
  const pending = step(sampleGating, waiting(59_999));
  expect(pending.state).toMatchObject({
    phase: 'Gating',
    gates: [open, { gate: 'readiness', result: 'pending', reason: '1 of 2 Pods of 2.0.0 are ready' }],
  });
  expect(pending.effects).toEqual([]);
  expect(step(pending.state, waiting(60_000)).state).toMatchObject({ phase: 'Ended', outcome: 'Refused' });
});

it('does not begin while paused', () => {
  const plan = { ...samplePlan, paused: true };
  expect(step(sampleGating, observed({ plan, gates: { contract: open } })).state.phase).toBe('Gating');
});

it('ends without touching the routes when something else is asked for', () => {
  const aborted = { ...samplePlan, request: { action: 'abort', attempt: 1 } } as const;
  expect(step(sampleGating, observed({ plan: aborted }))).toMatchObject({
    state: { phase: 'Ended', outcome: 'Aborted' },
    effects: [],
  });
  const other = { ...samplePlan, candidate: '3.0.0' };
  expect(step(sampleGating, observed({ plan: other }))).toMatchObject({
    state: { outcome: 'Superseded' },
    effects: [],
  });
  expect(step(sampleGating, observed({ plan: undefined }))).toMatchObject({
    state: { outcome: 'Aborted' },
    effects: [],
  });
});
