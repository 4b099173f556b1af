import type { Counts } from './evidence.ts';
import { freshTests } from './judge.ts';
import type { Observation } from './observation.ts';
import type { RolloutPlan } from './plan.ts';
import type { Analysing, Gating, Reverting, Shifting } from './state.ts';
import { nothingForCandidate, type Traffic } from './traffic.ts';

/** A rollout of `accounts` from 1.4.0 to 2.0.0, as tests begin with it. */
export const samplePlan: RolloutPlan = {
  service: 'accounts',
  candidate: '2.0.0',
  retry: 0,
  stages: [10, 50, 100].map((weight) => ({ title: `${weight} %`, traffic: { weight }, minDurationMs: 0 })),
  checks: [{ name: 'errors', kind: 'errorRate', good: 0.001, bad: 0.05 }],
  decision: {
    falseAlarm: 1e-4,
    missed: 1e-4,
    falseBlame: 1e-3,
    minRequests: 0,
    maxDurationMs: 600_000,
    onInconclusive: 'rollback',
  },
  gates: { contract: true, readinessTimeoutMs: 60_000, smoke: false, evidence: false },
  noEvidence: { afterMs: 30_000, action: 'wait' },
  paused: false,
};

export const beganAtMs = 1_000_000;

const attempt = { attempt: 1, candidate: '2.0.0', retry: 0, stable: '1.4.0', beganAtMs } as const;
const stage = { ...attempt, stage: 0, traffic: { weight: 10 }, sinceMs: beganAtMs, tests: freshTests } as const;
const judged = { verdict: 'inconclusive', checks: [], examples: [] } as const;

export const sampleGating: Gating = { ...attempt, phase: 'Gating', sinceMs: beganAtMs, gates: [] };
export const sampleShifting: Shifting = { ...stage, phase: 'Shifting' };
export const sampleAnalysing: Analysing = { ...stage, ...judged, phase: 'Analysing', seenAtMs: beganAtMs };
export const sampleReverting: Reverting = {
  ...attempt,
  ...judged,
  phase: 'Reverting',
  sinceMs: beganAtMs,
  outcome: 'RolledBack',
  reason: 'errors: 6 of 80 requests failed',
};

export interface Seen extends Partial<Observation> {
  /** Milliseconds since the attempt began. */
  readonly afterMs?: number;
  /** What the routes ask for. */
  readonly traffic?: Traffic;
  readonly inForce?: true | string;
  readonly ready?: Readonly<Record<string, number>>;
}

/** Both releases are ready and the routes lead to the stable one, unless something else is said. */
export function observed({
  afterMs = 0,
  traffic = nothingForCandidate,
  inForce = true,
  ready,
  ...rest
}: Seen = {}): Observation {
  const pods = { '1.4.0': 2, '2.0.0': 2, '3.0.0': 2, ...ready };
  return {
    nowMs: beganAtMs + afterMs,
    plan: samplePlan,
    releases: Object.fromEntries(
      Object.entries(pods).map(([release, readyPods]) => [release, { readyPods, wantedPods: 2 }]),
    ),
    routed: {
      weights: { '1.4.0': 100 - traffic.weight, '2.0.0': traffic.weight },
      isAt: (stable, candidate, wanted) =>
        stable === '1.4.0' && candidate === '2.0.0' && JSON.stringify(wanted) === JSON.stringify(traffic),
      inForce,
    },
    gates: {},
    ...rest,
  };
}

/** A reading of so many requests and failures of each release. */
export function counted(
  candidate: readonly [number, number],
  stable: readonly [number, number],
): Observation['reading'] {
  const counts = ([requests, failures]: readonly [number, number]): Counts => ({ requests, failures });
  return { kind: 'counts', stable: counts(stable), candidate: counts(candidate), examples: [] };
}
