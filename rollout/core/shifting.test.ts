import { expect, it } from 'vitest';
import type { LatencyCheck } from './check.ts';
import { counted, observed, samplePlan, sampleShifting } from './sample.ts';
import { step } from './step.ts';

const wanted = { weight: 10 };
const route = { do: 'route', stable: '1.4.0', candidate: '2.0.0', traffic: wanted };
const watch = { do: 'watch', stable: '1.4.0', candidate: '2.0.0' };

it('asks for the traffic until everyone goes by it', () => {
  expect(step(sampleShifting, observed()).effects).toEqual([route, watch]);
  const written = step(sampleShifting, observed({ traffic: wanted, inForce: '1 of 3 sidecars has not confirmed' }));
  expect(written).toMatchObject({
    state: { phase: 'Shifting', waiting: '1 of 3 sidecars has not confirmed' },
    effects: [watch],
  });
  expect(step(sampleShifting, observed({ traffic: wanted, afterMs: 200 })).state).toMatchObject({
    phase: 'Analysing',
    seenAtMs: expect.any(Number),
  });
});

it('gives nothing to a release without ready Pods, says so once, and gives up in the end', () => {
  const unready = (afterMs: number) => observed({ ready: { '2.0.0': 0 }, afterMs });
  const first = step(sampleShifting, unready(0));
  expect(first.effects).toEqual([watch]);
  expect(first.events).toEqual([{ type: 'Warning', reason: 'Waiting', message: '10 %: 2.0.0 has no ready Pods' }]);
  expect(step(first.state, unready(100)).events).toEqual([]);
  expect(step(first.state, unready(60_000)).state).toMatchObject({ phase: 'Reverting', outcome: 'RolledBack' });
  expect(step(sampleShifting, observed({ ready: { '1.4.0': 0 } })).effects).toEqual([watch]);
});

it('goes back from a candidate that fails before every sidecar has confirmed', () => {
  const { state } = step(
    sampleShifting,
    observed({ traffic: wanted, inForce: 'not yet', reading: counted([10, 10], [90, 0]) }),
  );
  expect(state).toMatchObject({ phase: 'Reverting', reason: expect.stringContaining('10 of 10 requests failed') });
});

it('promotes on a person’s word, without a verdict and still not to Pods that are not ready', () => {
  const plan = { ...samplePlan, request: { action: 'promote', attempt: 1 } } as const;
  const all = { weight: 100 };
  const forced = step(sampleShifting, observed({ plan, ready: { '2.0.0': 0 } }));
  expect(forced).toMatchObject({ state: { phase: 'Shifting', stage: 2, forced: true, traffic: all }, effects: [] });
  const ready = step(forced.state, observed({ plan, reading: counted([10, 10], [90, 0]) }));
  expect(ready.effects).toEqual([{ ...route, traffic: all }]);
  expect(step(ready.state, observed({ plan, traffic: all })).state).toMatchObject({
    phase: 'Ended',
    outcome: 'Promoted',
    verdict: 'inconclusive',
  });
});

it('ignores a word about another attempt', () => {
  const plan = { ...samplePlan, request: { action: 'promote', attempt: 2 } } as const;
  expect(step(sampleShifting, observed({ plan })).state).toMatchObject({ phase: 'Shifting', traffic: wanted });
});

it('measures the stable release before it loses all its requests', () => {
  const latency: LatencyCheck = { name: 'latency', kind: 'latency', quantile: 0.95, ratio: 1.5, bad: 0.2 };
  const plan = {
    ...samplePlan,
    checks: [latency],
    stages: [{ title: '100 %', traffic: { weight: 100 }, minDurationMs: 0 }],
  };
  const shifting = { ...sampleShifting, traffic: { weight: 100 } };
  const none = { requests: 0, failures: 0 };
  const stable = { requests: 100, failures: 0, latency: { boundsMs: [10, 50, 100], counts: [100, 0, 0, 0] } };
  const first = step(shifting, observed({ plan }));
  expect(first).toMatchObject({
    state: { waiting: 'the latency of 1.4.0 is measured while it has traffic' },
    effects: [watch],
  });
  const measured = step(
    first.state,
    observed({ plan, reading: { kind: 'counts', stable, candidate: none, examples: [] } }),
  );
  expect(measured.effects).toEqual([{ ...route, traffic: { weight: 100 } }, watch]);
  expect(step(first.state, observed({ plan, afterMs: 30_000 })).effects).toHaveLength(2);
});
