import type { Judge } from '../judge.ts';
import { judgeChecks } from '../judge.ts';
import type { Decision, RolloutPlan } from '../plan.ts';
import type { Ended, State } from '../state.ts';
import { initialState, step } from '../step.ts';
import { seeded } from './random.ts';
import { candidate, World, type WorldOptions } from './world.ts';

export interface Run {
  readonly ended: Ended;
  /** Requests of the candidate, and failures that its callers saw, until all traffic was back or its own. */
  readonly requests: number;
  readonly failures: number;
  readonly ticks: number;
}

const decision: Decision = {
  falseAlarm: 1e-4,
  missed: 1e-4,
  falseBlame: 1e-3,
  minRequests: 0,
  maxDurationMs: 600_000,
  onInconclusive: 'rollback',
};

/** 10, 50 and 100 percent, with every kind of check that the mesh's counters can serve. */
export function planOf(
  changes: {
    readonly decision?: Partial<Decision>;
    readonly weights?: readonly number[];
    readonly minDurationMs?: number;
  } = {},
): RolloutPlan {
  const { weights = [10, 50, 100], minDurationMs = 2_000 } = changes;
  return {
    service: 'accounts',
    candidate,
    retry: 0,
    stages: weights.map((weight) => ({ title: `${weight} %`, traffic: { weight }, minDurationMs })),
    checks: [
      { name: 'errors', kind: 'errorRate', good: 0.001, bad: 0.05 },
      { name: 'latency', kind: 'latency', quantile: 0.95, ratio: 1.5, bad: 0.2 },
      { name: 'body', kind: 'counter', counter: 'body', good: 0.001, bad: 0.05 },
      { name: 'gaps', kind: 'counter', counter: 'sequence_gaps', good: 0.001, bad: 0.05 },
      { name: 'dead letters', kind: 'counter', counter: 'dead_letters', good: 0.001, bad: 0.05 },
    ],
    decision: { ...decision, ...changes.decision },
    gates: { contract: true, readinessTimeoutMs: 60_000, smoke: true, evidence: true },
    noEvidence: { afterMs: 30_000, action: 'wait' },
    paused: false,
  };
}

/** One rollout from its beginning to its end. Throws when it does not end in 20 minutes of its own time. */
export function run(
  seed: number,
  options: WorldOptions,
  plan: RolloutPlan = planOf(),
  judge: Judge = judgeChecks,
): Run {
  const world = new World(seeded(seed), options);
  let state: State = initialState;
  for (let ticks = 1; ticks <= 12_000; ticks++) {
    const stepped = step(state, world.observe(plan), judge);
    state = stepped.state;
    world.carryOut(stepped.effects);
    if (state.phase === 'Ended') return { ended: state, requests: world.requests, failures: world.failures, ticks };
  }
  throw new Error(`seed ${seed} does not end: ${JSON.stringify(state)}`);
}
