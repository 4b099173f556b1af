import { expect, it } from 'vitest';
import type { Reading } from './evidence.ts';
import type { RolloutPlan } from './plan.ts';
import { counted, observed, samplePlan } from './sample.ts';
import type { State } from './state.ts';
import { initialState, step } from './step.ts';
import { nothingForCandidate, type Traffic } from './traffic.ts';

/** Steps until it ends, with routes and consumers that are as asked for at the next step. */
function walk(
  plan: RolloutPlan,
  readingAt: (traffic: Traffic) => Reading | undefined,
): { state: State; reasons: string[]; traffics: Traffic[] } {
  let state: State = initialState;
  let traffic: Traffic = nothingForCandidate;
  let gates = {};
  const reasons: string[] = [];
  const traffics: Traffic[] = [];
  for (let afterMs = 0; afterMs < 10_000 && state.phase !== 'Ended'; afterMs += 100) {
    const pods = {
      '1.4.0': traffic.replicas?.stable ?? 4,
      '2.0.0': traffic.replicas?.candidate ?? (plan.stages[0]?.traffic.replicas ? 0 : 2),
    };
    const releases = Object.fromEntries(
      Object.entries(pods).map(([release, readyPods]) => [release, { readyPods, wantedPods: readyPods }]),
    );
    const stepped = step(state, observed({ plan, traffic, afterMs, gates, releases, reading: readingAt(traffic) }));
    state = JSON.parse(JSON.stringify(stepped.state));
    reasons.push(...stepped.events.map(({ reason }) => reason));
    gates = {};
    for (const effect of stepped.effects) {
      if (effect.do === 'ask') gates = { [effect.gate]: { gate: effect.gate, result: 'open', reason: 'as asked' } };
      if (effect.do !== 'route') continue;
      traffic = effect.traffic;
      traffics.push(traffic);
    }
  }
  return { state, reasons, traffics };
}

const good = (): Reading | undefined => counted([200, 0], [200, 0]);
const stagesOf = (...traffics: readonly Traffic[]): RolloutPlan => ({
  ...samplePlan,
  stages: traffics.map((traffic, index) => ({ title: `stage ${index}`, traffic, minDurationMs: 0 })),
});

it('promotes a good candidate, one event for each transition', () => {
  const { state, reasons } = walk(stagesOf({ weight: 10 }, { weight: 100 }), good);
  expect(state).toMatchObject({ phase: 'Ended', outcome: 'Promoted', attempt: 1 });
  const stage = ['TrafficShifting', 'StageInForce', 'StagePassed'];
  expect(reasons).toEqual(['RolloutStarted', ...stage, ...stage, 'Promoted']);
});

it('gives a match and a mirror their traffic before everything', () => {
  const match: Traffic = { weight: 0, match: [{ headers: [{ name: 'x-canary', value: '1' }] }] };
  expect(walk(stagesOf(match, { weight: 100 }), good).traffics).toEqual([match, { weight: 100 }]);
  const mirror: Traffic = { weight: 0, mirrorPercent: 100 };
  const broken = walk(stagesOf(mirror, { weight: 100 }), () => counted([20, 20], [20, 0]));
  expect(broken.state).toMatchObject({ outcome: 'RolledBack' });
  expect(broken.traffics).toEqual([mirror, nothingForCandidate]);
});

it('moves consumers Pod by Pod, and back', () => {
  const [one, all]: readonly Traffic[] = [
    { weight: 0, replicas: { stable: 3, candidate: 1 } },
    { weight: 100, replicas: { stable: 0, candidate: 4 } },
  ];
  if (!one || !all) throw new Error('two stages');
  expect(walk(stagesOf(one, all), good).traffics).toEqual([one, all]);
  const failsLate = walk(stagesOf(one, all), ({ weight }) => (weight === 100 ? counted([20, 20], [0, 0]) : good()));
  expect(failsLate.state).toMatchObject({
    outcome: 'RolledBack',
    reason: expect.stringContaining('no traffic to compare with'),
  });
  const back = { stable: 4, candidate: 0 };
  expect(failsLate.traffics).toEqual([one, all, { weight: 100, replicas: back }, { weight: 0, replicas: back }]);
});

it('never passes while nobody is asked, and says so', () => {
  const { state } = walk(samplePlan, () => undefined);
  expect(state).toMatchObject({ phase: 'Analysing', verdict: 'inconclusive', waiting: 'evidence' });
});
