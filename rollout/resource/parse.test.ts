import { describe, expect, test } from 'vitest';
import { parseRollout } from './parse.ts';
import { RolloutInvalid } from './problem.ts';
import { asResource, goodRollouts, rolloutOf, wrongRollouts } from './sample-rollouts.ts';

const parse = (spec: object, name?: string) => parseRollout(asResource(rolloutOf(spec, name)));

function problemsOf(spec: object, name?: string): RolloutInvalid['problems'] {
  try {
    parse(spec, name);
  } catch (error) {
    if (error instanceof RolloutInvalid) return error.problems;
    throw error;
  }
  return [];
}

test('what a Rollout does not say is filled in', () => {
  expect(parse({})).toEqual({
    service: 'accounts',
    candidate: '2.0.0',
    retry: 0,
    stages: [
      { title: '10 %', traffic: { weight: 10 }, minDurationMs: 0 },
      { title: '50 %', traffic: { weight: 50 }, minDurationMs: 0 },
      { title: '100 %', traffic: { weight: 100 }, minDurationMs: 0 },
    ],
    checks: [
      { name: 'errors', kind: 'errorRate', good: 0.001, bad: 0.05 },
      { name: 'latency', kind: 'latency', quantile: 0.95, ratio: 1.5, bad: 0.2 },
    ],
    decision: {
      falseAlarm: 0.0001,
      missed: 0.0001,
      falseBlame: 0.001,
      minRequests: 0,
      maxDurationMs: 600_000,
      onInconclusive: 'rollback',
    },
    gates: { contract: true, readinessTimeoutMs: 60_000, smoke: false, evidence: false },
    noEvidence: { afterMs: 30_000, action: 'wait' },
    paused: false,
  });
});

test.each(Object.entries(goodRollouts))('valid: %s', async (name, spec) => {
  const golden = `golden/${name.replaceAll(' ', '-')}.plan.golden.json`;
  await expect(`${JSON.stringify(parse(spec), null, 2)}\n`).toMatchFileSnapshot(golden);
});

test.each(Object.entries(wrongRollouts))('refused: %s', (_what, { spec, name, field, message }) => {
  expect(problemsOf(spec, name)).toEqual([{ field, message }]);
});

describe('all problems at once', () => {
  const several = {
    stable: '2.0.0',
    strategy: { canary: { steps: [{ weight: 50 }, { weight: 10 }] } },
    checks: [{ name: 'errors', errorRate: { good: '9%' } }],
    decision: { maxDuration: '0s' },
  };

  test('with the field of each, and what to type next', () => {
    expect(problemsOf(several).map(({ field }) => field)).toEqual([
      'spec.stable',
      'spec.strategy.canary.steps',
      'spec.checks[0].errorRate',
      'spec.decision.maxDuration',
    ]);
    const error = new RolloutInvalid({ name: 'accounts', namespace: 'exchange' }, problemsOf(several));
    expect(error.code).toBe('RolloutInvalid');
    expect(error.message).toContain('Rollout accounts in namespace exchange cannot be carried out: spec.stable: ');
    expect(error.hint).toContain('kubectl edit rollouts.parley.dev accounts -n exchange');
  });

  test('a field that nobody knows is named with those that are there', () => {
    expect(problemsOf({ gates: { smokee: true } })).toEqual([
      {
        field: 'spec.gates.smokee',
        message: 'is not a field; fields here are contract, readinessTimeout, smoke, evidence',
      },
    ]);
  });

  test('what is wrong in one place hides nothing in another', () => {
    const fields = problemsOf({ stable: '2.0.0', decision: { maxDuration: 'soon' }, gates: { smoke: true } }, 'orders');
    expect(fields.map(({ field }) => field)).toEqual([
      'spec.decision.maxDuration',
      'spec.service',
      'spec.stable',
      'spec.calls',
    ]);
  });

  test('rules are not asked about what has the wrong form', () => {
    const fields = problemsOf({ checks: [{ name: 'a', errorRate: { good: 5 } }, { name: 'b' }], strategy: 'canary' });
    expect(fields.map(({ field }) => field)).toEqual([
      'spec.strategy',
      'spec.checks[0].errorRate.good',
      'spec.checks[1]',
    ]);
  });
});

test('a smoke gate comes with calls, unless it is said not to', () => {
  const calls = { requests: [{ name: 'a', path: '/', expect: { status: 200 } }] };
  expect(parse({ calls }).gates.smoke).toBe(true);
  expect(parse({ calls, gates: { smoke: false, evidence: false } }).gates.smoke).toBe(false);
});
