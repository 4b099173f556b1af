import type { Pod } from 'kubernetes-types/core/v1.js';
import { ownLabels } from '../../mesh/objects.ts';
import { releaseName } from '../../mesh/release.ts';
import type { CheckVerdict } from '../../rollout/core/check.ts';
import type { Counts } from '../../rollout/core/evidence.ts';
import type { Analysing, Ended, Gating, Reverting, State } from '../../rollout/core/state.ts';
import { parseRollout } from '../../rollout/resource/parse.ts';
import type { RolloutResource, RolloutSpec, RolloutStatus } from '../../rollout/resource/rollout.ts';
import { statusOf } from '../../rollout/resource/status.ts';
import type { ClusterObject } from '../cluster.ts';
import type { RunningDeployment } from '../plan.ts';
import { newRollout } from './rollouts.ts';
import type { RolloutSeen } from './view.ts';

/** Rollouts as a controller leaves them, for tests: accounts from 1.4.0 to 2.0.0, seen at `nowMs`. */
export const nowMs = Date.parse('2026-11-21T10:00:00Z');

const attempt = { attempt: 2, candidate: '2.0.0', retry: 0, stable: '1.4.0', beganAtMs: nowMs - 12_300 } as const;

const counts = (requests: number, failures: number): Counts => ({
  requests,
  failures,
  latency: { boundsMs: [5, 10, 25], counts: [Math.floor(requests * 0.9), Math.ceil(requests * 0.1), 0, 0] },
});

export const errors = (more: Partial<CheckVerdict> = {}): CheckVerdict => ({
  name: 'errors',
  kind: 'errorRate',
  verdict: 'inconclusive',
  reason: '0 of 124 requests failed; 5 % or more is bad',
  value: 0,
  limit: 0.05,
  samples: 124,
  stableValue: 0.0009,
  stableSamples: 1116,
  ratio: { log: -6.2, failAt: 9.2, passAt: -9.2 },
  neededToPass: 60,
  ...more,
});

export const latency = (more: Partial<CheckVerdict> = {}): CheckVerdict => ({
  name: 'latency',
  kind: 'latency',
  verdict: 'pass',
  reason: '2 of 124 requests took longer than 12.6 ms; 20 % or more is bad',
  value: 7.9,
  limit: 12.6,
  samples: 124,
  stableValue: 8.4,
  stableSamples: 1116,
  ratio: { log: -9.4, failAt: 9.2, passAt: -9.2 },
  decidedAtMs: nowMs - 4_100,
  ...more,
});

export const failing = {
  release: '2.0.0',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  what: 'GET /v1/accounts/a1: 500',
  atMs: nowMs - 1_700,
} as const;

export const gating: Gating = {
  phase: 'Gating',
  ...attempt,
  sinceMs: nowMs - 900,
  gates: [
    { gate: 'contract', result: 'open', reason: '2.0.0 serves v1, as 1.4.0 does' },
    { gate: 'readiness', result: 'pending', reason: '0 of 1 Pods of 2.0.0 are ready' },
  ],
};

export const analysing: Analysing = {
  phase: 'Analysing',
  ...attempt,
  stage: 0,
  traffic: { weight: 10 },
  sinceMs: nowMs - 6_200,
  tests: { stable: counts(1116, 1), candidate: counts(124, 0), byCheck: {} },
  verdict: 'inconclusive',
  checks: [errors(), latency()],
  seenAtMs: nowMs - 40,
  examples: [],
};

export const reverting: Reverting = {
  phase: 'Reverting',
  ...attempt,
  sinceMs: nowMs - 100,
  outcome: 'RolledBack',
  reason: 'errors: 6 of 31 requests failed; 5 % or more is bad',
  stage: 0,
  verdict: 'fail',
  checks: [failed(), latency({ verdict: 'inconclusive', decidedAtMs: undefined, neededToPass: 21 })],
  examples: [failing],
};

function failed(): CheckVerdict {
  return errors({
    verdict: 'fail',
    reason: '6 of 31 requests failed; 5 % or more is bad',
    value: 6 / 31,
    samples: 31,
    stableValue: 0,
    stableSamples: 270,
    ratio: { log: 22.2, failAt: 9.2, passAt: -9.2 },
    neededToPass: undefined,
    decidedAtMs: nowMs - 150,
  });
}

export function ended(outcome: Ended['outcome'], more: Partial<Ended> = {}): Ended {
  const base = { phase: 'Ended', ...attempt, outcome, endedAtMs: nowMs - 50 } as const;
  const { checks, examples, verdict, reason } = reverting;
  if (outcome === 'RolledBack') return { ...base, reason, verdict, checks, examples, ...more };
  const passed = errors({
    verdict: 'pass',
    reason: '0 of 184 requests failed; 5 % or more is bad',
    samples: 184,
    decidedAtMs: nowMs - 900,
  });
  return { ...base, reason: 'every check passes', verdict: 'pass', checks: [passed, latency()], examples: [], ...more };
}

/** The object in a state, its status written by the resource's own code. */
export function sampleRollout(state: State, spec: Partial<RolloutSpec> = {}, before?: RolloutStatus): RolloutResource {
  const asked = newRollout({ service: 'accounts', candidate: '2.0.0', ...spec });
  const status = statusOf(state, parseRollout(asked), before, { generation: 3, nowMs });
  return { ...asked, metadata: { ...asked.metadata, generation: 3 }, status };
}

/** The rollout beside the Pods that it is about. */
export function sampleSeen(rollout: RolloutResource, readyCandidate = true): RolloutSeen {
  return {
    rollout,
    deployments: [deployment('1.4.0', 2, 2), deployment('2.0.0', 1, readyCandidate ? 1 : 0)],
    pods: [pod('1.4.0', 'x7k2p', true), pod('1.4.0', 'm9d4q', true), pod('2.0.0', 'c2f8w', readyCandidate)],
  };
}

function labelsOf(version: string) {
  return { ...ownLabels, 'app.kubernetes.io/name': 'accounts', 'app.kubernetes.io/version': version };
}

function deployment(version: string, replicas: number, readyReplicas: number): RunningDeployment {
  return {
    metadata: { name: releaseName('accounts', version), labels: labelsOf(version) },
    spec: { replicas, selector: {}, template: {} },
    status: { readyReplicas },
  };
}

function pod(version: string, suffix: string, ready: boolean): ClusterObject<Pod> {
  return {
    metadata: { name: `${releaseName('accounts', version)}-6d5f-${suffix}`, labels: labelsOf(version) },
    status: {
      phase: ready ? 'Running' : 'Pending',
      startTime: new Date(nowMs - (version === '1.4.0' ? 7_500_000 : 14_000)).toISOString(),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [],
    },
  };
}
