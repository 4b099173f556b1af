import { expect, it } from 'vitest';
import { observed, samplePlan, sampleReverting, sampleShifting } from './sample.ts';
import { step } from './step.ts';

const route = { do: 'route', stable: '1.4.0', candidate: '2.0.0', traffic: { weight: 0 } };

it('asks for the way back until it is in force', () => {
  expect(step(sampleReverting, observed({ traffic: { weight: 10 } })).effects).toEqual([route]);
  const waiting = step(sampleReverting, observed({ inForce: '1 sidecar is behind' }));
  expect(waiting).toMatchObject({
    state: { phase: 'Reverting', waiting: '1 sidecar is behind' },
    effects: [],
    events: [],
  });
  const { state, events } = step(sampleReverting, observed({ afterMs: 300 }));
  expect(state).toMatchObject({ phase: 'Ended', outcome: 'RolledBack', reason: sampleReverting.reason });
  expect(events[0]?.message).toContain('1.4.0 has all traffic again after 300 ms');
});

it('is back when no route is left that could lead anywhere', () => {
  const routed = { weights: {}, isAt: () => true, inForce: true } as const;
  const { state, effects, events } = step(sampleReverting, observed({ plan: undefined, routed }));
  expect(state).toMatchObject({ phase: 'Ended', outcome: 'RolledBack' });
  expect(effects).toEqual([]);
  expect(events[0]?.message).toContain('no route leads to either release any more');
  expect(step(sampleReverting, observed({ plan: undefined, routed: undefined })).state.phase).toBe('Reverting');
});

it('sends nothing to a stable release that is not ready, and says so once', () => {
  const unready = observed({ traffic: { weight: 100 }, ready: { '1.4.0': 0 } });
  const first = step(sampleReverting, unready);
  expect(first.effects).toEqual([]);
  expect(first.events).toEqual([
    { type: 'Warning', reason: 'Waiting', message: expect.stringContaining('1.4.0 has no ready Pods') },
  ]);
  expect(step(first.state, unready).events).toEqual([]);
  expect(step(first.state, observed({ traffic: { weight: 100 } })).effects).toEqual([route]);
});

it('goes on when the object is gone or asks for something else', () => {
  expect(step(sampleReverting, observed({ plan: undefined, traffic: { weight: 10 } })).effects).toEqual([route]);
  const other = { ...samplePlan, candidate: '3.0.0' };
  expect(step(sampleReverting, observed({ plan: other, traffic: { weight: 10 } })).effects).toEqual([route]);
});

it('starts the stable consumers before it takes anything from the candidate’s', () => {
  const traffic = { weight: 100, replicas: { stable: 0, candidate: 4 } };
  const shifting = { ...sampleShifting, traffic };
  const { state } = step(shifting, observed({ plan: undefined, traffic }));
  const back = { weight: 0, replicas: { stable: 4, candidate: 0 } };
  expect(state).toMatchObject({ phase: 'Reverting', traffic: back });
  const stopped = step(state, observed({ plan: undefined, traffic, ready: { '1.4.0': 0 } }));
  expect(stopped.effects).toEqual([{ ...route, traffic: { ...back, weight: 100 } }]);
  const started = step(state, observed({ plan: undefined, traffic: { ...back, weight: 100 }, ready: { '1.4.0': 1 } }));
  expect(started.effects).toEqual([{ ...route, traffic: back }]);
});
