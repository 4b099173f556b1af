import { z } from 'zod';
import type { State, Tests } from '../core/state.ts';
import { gateNames } from '../core/state.ts';
import { initialState } from '../core/step.ts';
import { fieldPath } from './problem.ts';
import type { RolloutStatus } from './rollout.ts';

/** The engine's state in a status that no engine of this version has written, or that somebody changed. */
export class StateUnknown extends Error {
  readonly code = 'StateUnknown';
  readonly hint =
    'If nobody but the controller writes it, a newer controller did: run that one. Otherwise make the rollout forget it: put the routes where they are to stay, then `kubectl delete rollouts.parley.dev <name>` and create it again.';

  constructor(what: string) {
    super(`status.state of the Rollout is not understood: ${what}`);
    this.name = 'StateUnknown';
  }
}

const verdict = z.enum(['pass', 'fail', 'inconclusive']);

const check = z.looseObject({
  name: z.string(),
  kind: z.enum(['errorRate', 'latency', 'counter', 'gauge']),
  verdict,
  reason: z.string(),
  value: z.number().optional(),
  limit: z.number().optional(),
  samples: z.number(),
  stableValue: z.number().optional(),
  stableSamples: z.number(),
  ratio: z.looseObject({ log: z.number(), failAt: z.number(), passAt: z.number() }).optional(),
  neededToPass: z.number().optional(),
  excused: z.literal(true).optional(),
  decidedAtMs: z.number().optional(),
});

const example = z.looseObject({
  release: z.string(),
  traceId: z.string().optional(),
  what: z.string(),
  atMs: z.number(),
});

const named = z.looseObject({ name: z.string(), value: z.string() });
const traffic = z.looseObject({
  weight: z.number().min(0).max(100),
  match: z.array(z.looseObject({ headers: z.array(named).optional(), cookies: z.array(named).optional() })).optional(),
  mirrorPercent: z.number().optional(),
  replicas: z.looseObject({ stable: z.number(), candidate: z.number() }).optional(),
});

const counts = z.looseObject({
  requests: z.number(),
  failures: z.number(),
  latency: z.looseObject({ boundsMs: z.array(z.number()), counts: z.array(z.number()) }).optional(),
  counters: z.record(z.string(), z.looseObject({ events: z.number(), occasions: z.number() })).optional(),
  gauges: z.record(z.string(), z.number()).optional(),
});

/** What a check remembers is its own business: it starts afresh when it does not know its memory. */
const memory = z.custom<Tests['byCheck'][string]>((value) => typeof value === 'object' && value !== null);
const tests = z.looseObject({ stable: counts, candidate: counts, byCheck: z.record(z.string(), memory) });

const attempt = {
  attempt: z.int().min(1),
  candidate: z.string().min(1),
  retry: z.int(),
  stable: z.string().min(1),
  beganAtMs: z.number(),
};
const judged = { verdict, checks: z.array(check), examples: z.array(example) };
const outcomes = ['Promoted', 'RolledBack', 'Aborted', 'Superseded', 'Refused'] as const;
const sinceMs = z.number();
const stage = z.int().min(0);
const held = { waiting: z.string().optional(), unreadySinceMs: z.number().optional() };

/** Members that a later version adds are kept as they are. */
const state: z.ZodType<State> = z.discriminatedUnion('phase', [
  z.looseObject({ phase: z.literal('Idle'), attempt: z.int().min(0), reason: z.string() }),
  z.looseObject({
    ...attempt,
    phase: z.literal('Gating'),
    sinceMs,
    gates: z.array(
      z.looseObject({ gate: z.enum(gateNames), result: z.enum(['open', 'shut', 'pending']), reason: z.string() }),
    ),
  }),
  z.looseObject({
    ...attempt,
    phase: z.literal('Shifting'),
    stage,
    traffic,
    sinceMs,
    forced: z.literal(true).optional(),
    tests: tests.optional(),
    examples: z.array(example).optional(),
    ...held,
  }),
  z.looseObject({
    ...attempt,
    ...judged,
    phase: z.literal('Analysing'),
    stage,
    traffic,
    sinceMs,
    tests,
    seenAtMs: z.number(),
    missing: z.looseObject({ reason: z.string(), hint: z.string() }).optional(),
    driving: z.literal(true).optional(),
    ...held,
  }),
  z.looseObject({
    ...attempt,
    ...judged,
    phase: z.literal('Reverting'),
    sinceMs,
    outcome: z.enum(outcomes).exclude(['Promoted']),
    reason: z.string(),
    traffic: traffic.optional(),
    waiting: z.string().optional(),
    stage: stage.optional(),
  }),
  z.looseObject({
    ...attempt,
    ...judged,
    phase: z.literal('Ended'),
    outcome: z.enum(outcomes),
    reason: z.string(),
    endedAtMs: z.number(),
  }),
]);

/** Where the engine was when the status was written. Throws `StateUnknown` with every member that is not as it has to be. */
export function stateOf(status: RolloutStatus | undefined): State {
  if (status?.state === undefined) {
    if (status?.attempt === undefined) return initialState;
    throw new StateUnknown(`it is gone, though attempt ${status.attempt} has begun`);
  }
  const read = state.safeParse(status.state);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => `${fieldPath(['state', ...path])}: ${message}`);
  throw new StateUnknown(problems.join('; '));
}
