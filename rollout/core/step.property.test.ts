import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { Effect } from './effect.ts';
import { effectsOf } from './effects.ts';
import type { Reading } from './evidence.ts';
import type { Observation } from './observation.ts';
import type { RolloutPlan } from './plan.ts';
import { samplePlan } from './sample.ts';
import type { GateName, GateResult, State } from './state.ts';
import { initialState, step } from './step.ts';
import { nothingForCandidate, type Traffic } from './traffic.ts';

vi.setConfig({ testTimeout: 60_000 });

/** What happens between two looks at the world. */
interface Turn {
  readonly passedMs: number;
  readonly plan: Partial<RolloutPlan> | 'gone';
  readonly request?: 'promote' | 'abort';
  readonly ready: Readonly<Record<string, number>>;
  readonly inForce: boolean;
  /** Whether what was asked for is done before the next look, or a controller died first. */
  readonly done: boolean;
  /** Somebody writes weights of their own. */
  readonly byHand?: number;
  readonly gate: GateResult['result'];
  readonly reading?: Reading;
}

const releases = ['1.4.0', '2.0.0', '3.0.0'] as const;

const counts = fc
  .record({ requests: fc.nat(200), share: fc.constantFrom(0, 0, 0, 0.01, 0.2, 1) })
  .map(({ requests, share }) => ({
    requests,
    failures: Math.round(requests * share),
  }));

const reading: fc.Arbitrary<Reading> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('counts' as const),
      stable: counts,
      candidate: counts,
      examples: fc.constant([]),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Reading>({ kind: 'missing', reason: 'no sidecar', hint: 'start one' }) },
);

const match: Traffic = { weight: 0, match: [{ headers: [{ name: 'x-canary', value: '1' }] }] };
const stagesOf = (...traffics: readonly Traffic[]): RolloutPlan['stages'] =>
  traffics.map((traffic) => ({ title: `${traffic.weight} %`, traffic, minDurationMs: 500 }));

const plan = fc.record(
  {
    candidate: fc.constantFrom('2.0.0', '2.0.0', '2.0.0', '2.0.0', '3.0.0', '1.4.0'),
    retry: fc.constantFrom(0, 0, 0, 0, 0, 1),
    paused: fc.constantFrom(false, false, false, true),
    stages: fc.constantFrom(
      samplePlan.stages,
      samplePlan.stages,
      stagesOf({ weight: 100 }),
      stagesOf(match, { weight: 100 }),
      stagesOf({ weight: 0, mirrorPercent: 100 }, { weight: 100 }),
    ),
    noEvidence: fc.constantFrom(...(['wait', 'drive', 'stop'] as const).map((action) => ({ afterMs: 5_000, action }))),
  },
  { requiredKeys: ['candidate', 'retry'] },
);

const turn: fc.Arbitrary<Turn> = fc.record(
  {
    passedMs: fc.constantFrom(100, 100, 100, 1_000, 30_000),
    plan: fc.oneof({ weight: 30, arbitrary: plan }, { weight: 1, arbitrary: fc.constant('gone' as const) }),
    request: fc.oneof(
      { weight: 20, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom('promote' as const, 'abort' as const) },
    ),
    ready: fc.record({
      '1.4.0': fc.constantFrom(2, 2, 2, 0),
      '2.0.0': fc.constantFrom(2, 2, 2, 1, 0),
      '3.0.0': fc.constantFrom(2, 2, 0),
    }),
    inForce: fc.boolean(),
    done: fc.constantFrom(true, true, true, false),
    byHand: fc.oneof({ weight: 15, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat(100) }),
    gate: fc.constantFrom('open' as const, 'open' as const, 'pending' as const, 'shut' as const),
    reading,
  },
  { requiredKeys: ['passedMs', 'plan', 'ready', 'inForce', 'done', 'gate'] },
);

/** The plan of a turn holds for a while, or attempts would end before they begin. */
const turns = fc
  .array(fc.record({ first: turn, repeated: fc.array(turn, { maxLength: 15 }), same: fc.boolean() }), { maxLength: 6 })
  .map((groups) =>
    groups.flatMap(({ first, repeated, same }) => [
      first,
      ...repeated.map((each) => ({ ...each, plan: same ? first.plan : each.plan })),
    ]),
  );

interface Routes {
  readonly stable: string;
  readonly candidate: string;
  readonly traffic: Traffic;
}

const benign = {
  passedMs: 100,
  ready: { '1.4.0': 2, '2.0.0': 2, '3.0.0': 2 },
  inForce: true,
  done: true,
  gate: 'open',
} as const;
const fine: Reading = {
  kind: 'counts',
  stable: { requests: 50, failures: 0 },
  candidate: { requests: 50, failures: 0 },
  examples: [],
};

/** A world in which routes are what was written into them last. */
class Cluster {
  state: State = initialState;
  nowMs = 1_000_000;
  routes: Routes = { stable: '1.4.0', candidate: '2.0.0', traffic: nothingForCandidate };
  asked: GateName | undefined;
  readonly #step: typeof step;

  constructor(stepped: typeof step = step) {
    this.#step = stepped;
  }

  look(next: Turn): Observation {
    this.nowMs += next.passedMs;
    if (next.byHand !== undefined) this.routes = { ...this.routes, traffic: { weight: next.byHand } };
    const routes = this.routes;
    const { stable, candidate, traffic } = routes;
    const attempt = this.state.attempt;
    const wanted =
      next.plan === 'gone'
        ? undefined
        : { ...samplePlan, ...next.plan, ...(next.request && { request: { action: next.request, attempt } }) };
    return {
      nowMs: this.nowMs,
      plan: wanted,
      releases: Object.fromEntries(
        releases.map((release) => [release, { readyPods: next.ready[release] ?? 0, wantedPods: 2 }]),
      ),
      routed: {
        weights: { [candidate]: traffic.weight, [stable]: 100 - traffic.weight },
        isAt: (...asked) =>
          JSON.stringify(asked) === JSON.stringify([stable, candidate, traffic]) || onlyStable(asked, routes),
        inForce: next.inForce ? true : 'a sidecar has not confirmed',
      },
      gates: this.asked ? { [this.asked]: { gate: this.asked, result: next.gate, reason: 'as it was drawn' } } : {},
      ...(next.reading && { reading: next.reading }),
    };
  }

  /** One turn; every step goes through JSON as it does through a status. */
  turn(next: Turn): { observation: Observation; before: State; effects: readonly Effect[] } {
    const observation = this.look(next);
    const before = this.state;
    const { state, effects } = this.#step(before, observation);
    this.state = JSON.parse(JSON.stringify(state));
    this.asked = undefined;
    if (next.done) for (const effect of effects) this.carryOut(effect);
    return { observation, before, effects };
  }

  carryOut(effect: Effect): void {
    if (effect.do === 'route')
      this.routes = { stable: effect.stable, candidate: effect.candidate, traffic: effect.traffic };
    if (effect.do === 'ask') this.asked = effect.gate;
  }

  /** Nothing goes wrong any more. */
  settle(wanted: Turn['plan']): void {
    for (let tick = 0; tick < 200 && !this.isSettled(); tick++) this.turn({ ...benign, plan: wanted, reading: fine });
  }

  isSettled(): boolean {
    return this.state.phase === 'Ended' || this.state.phase === 'Idle';
  }
}

/** Routes without the candidate are the same whoever it was. */
function onlyStable([stable, , traffic]: readonly [string, string, Traffic], routes: Routes): boolean {
  const plain = (each: Traffic): boolean => each.weight === 0 && !each.match && !each.mirrorPercent;
  return stable === routes.stable && plain(traffic) && plain(routes.traffic);
}

const numRuns = 1000;

function all(check: (cluster: Cluster, turns: readonly Turn[]) => void): void {
  fc.assert(
    fc.property(turns, (drawn) => check(new Cluster(), drawn)),
    { numRuns },
  );
}

const each =
  (check: (turned: ReturnType<Cluster['turn']>, cluster: Cluster) => void) =>
  (cluster: Cluster, drawn: readonly Turn[]) => {
    for (const next of drawn) check(cluster.turn(next), cluster);
  };

const onlyToReady = each(({ observation, effects }) => {
  for (const effect of effects) {
    if (effect.do !== 'route') continue;
    const ready = (release: string): boolean => (observation.releases[release]?.readyPods ?? 0) > 0;
    const { weight, match, mirrorPercent } = effect.traffic;
    expect(weight === 100 || ready(effect.stable)).toBe(true);
    expect((weight === 0 && !match && !mirrorPercent) || ready(effect.candidate)).toBe(true);
  }
});

it('never gives weight to a release without ready Pods', () => all(onlyToReady));

it('would show a step that takes every Pod for ready', () => {
  const ready = Object.fromEntries(releases.map((release) => [release, { readyPods: 2, wantedPods: 2 }]));
  const blind: typeof step = (state, observation) => step(state, { ...observation, releases: ready });
  const found = fc.check(
    fc.property(turns, (drawn) => onlyToReady(new Cluster(blind), drawn)),
    { numRuns },
  );
  expect(found.failed).toBe(true);
});

it('gets everywhere: the worlds that are drawn lead to every phase and outcome', () => {
  const reached = new Set<string>();
  all(each((_turned, { state }) => reached.add(state.phase === 'Ended' ? state.outcome : state.phase)));
  const phases = ['Idle', 'Gating', 'Shifting', 'Analysing', 'Reverting'];
  expect([...reached].sort()).toEqual([...phases, 'Promoted', 'RolledBack', 'Aborted', 'Superseded', 'Refused'].sort());
});

it('never gives a candidate more once it goes back', () => {
  all(
    each(({ before, effects }, { state }) => {
      if (before.phase !== 'Reverting') return;
      expect(['Reverting', 'Ended']).toContain(state.phase);
      for (const effect of effects) expect(effect).toMatchObject({ do: 'route', traffic: nothingForCandidate });
    }),
  );
});

it('takes stages one after the other unless a person says promote, and each only on a pass', () => {
  all(
    each(({ before, observation }, { state }) => {
      if (state.phase !== 'Shifting' || state.forced || before.phase === 'Shifting') return;
      expect(['Gating', 'Analysing']).toContain(before.phase);
      if (before.phase === 'Gating') return;
      expect(before.phase === 'Analysing' && state.stage <= before.stage + 1).toBe(true);
      expect(observation.reading?.kind).not.toBe('missing');
    }),
  );
});

it('says the same twice, and effects follow from the state alone', () => {
  all(
    each(({ before, observation, effects }, { state }) => {
      const again = step(JSON.parse(JSON.stringify(before)), observation);
      expect(JSON.parse(JSON.stringify(again.state))).toEqual(state);
      expect(again.effects).toEqual(effects);
      expect(effectsOf(state, observation)).toEqual(effects);
      const next = step(state, { ...observation, gates: {}, reading: undefined });
      if (next.state.phase === state.phase && next.events.length === 0) expect(next.effects).toEqual(effects);
    }),
  );
});

it('ends when nothing goes wrong any more, whatever was before', () => {
  all((cluster, drawn) => {
    for (const next of drawn) cluster.turn(next);
    cluster.settle({ candidate: '2.0.0' });
    expect(cluster.isSettled(), JSON.stringify(cluster.state)).toBe(true);
  });
});

it('leads to the candidate that was asked for last', () => {
  all((cluster, drawn) => {
    for (const next of drawn) cluster.turn(next);
    const wanted = { candidate: '3.0.0', retry: 7 };
    for (const attempt of ['the one that runs', 'the one that was asked for', 'no other']) {
      cluster.turn({ ...benign, plan: wanted, reading: fine });
      cluster.settle(wanted);
      expect(cluster.isSettled(), attempt).toBe(true);
    }
    expect(cluster.isSettled(), JSON.stringify(cluster.state)).toBe(true);
    expect(cluster.routes.traffic.weight > 50 ? cluster.routes.candidate : cluster.routes.stable).toBe('3.0.0');
  });
});

it('takes its traffic back when the object goes', () => {
  all((cluster, drawn) => {
    for (const next of drawn) cluster.turn(next);
    const ran = cluster.state.phase !== 'Idle' && cluster.state.phase !== 'Ended';
    cluster.settle('gone');
    expect(cluster.isSettled()).toBe(true);
    if (ran && cluster.state.phase === 'Ended') expect(cluster.state.outcome).not.toBe('Promoted');
  });
});

it('leaves weights alone that a person writes after the end', () => {
  all((cluster, drawn) => {
    for (const next of drawn) cluster.turn(next);
    cluster.settle({ candidate: '2.0.0' });
    const { effects } = cluster.turn({ ...benign, plan: { candidate: '2.0.0', retry: 0 }, byHand: 30 });
    if (cluster.state.phase === 'Ended') expect(effects).toEqual([]);
  });
});
