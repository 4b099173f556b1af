import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyPlan, catalogue } from './catalogue-sample.ts';
import { addRelease, defaultPlan, PlanError, removeRelease, setWeights, validatePlan } from './plan.ts';

const plan = defaultPlan(catalogue);

test('the default plan runs the default release of every service, alone', () => {
  expect(plan).toEqual({
    accounts: { '1.4.0': 100 },
    identity: { '1.0.0': 100 },
    orders: { '1.4.0': 100 },
    portfolio: { '1.4.0': 100 },
  });
  expect(validatePlan(plan, catalogue)).toEqual([]);
});

test('a release that is put beside others has no weight; one that runs keeps its own', () => {
  const next = addRelease(plan, catalogue, 'accounts', '2.0.0');
  expect(next.accounts).toEqual({ '1.4.0': 100, '2.0.0': 0 });
  expect(addRelease(next, catalogue, 'accounts', '1.4.0')).toEqual(next);
  expect(plan.accounts).toEqual({ '1.4.0': 100 });
});

test('weights replace the split: who is not named keeps running with 0', () => {
  const both = addRelease(plan, catalogue, 'accounts', '2.0.0');
  expect(setWeights(both, catalogue, 'accounts', { '2.0.0': 100 }).accounts).toEqual({ '1.4.0': 0, '2.0.0': 100 });
});

test.each([
  [
    'an unknown service',
    () => addRelease(plan, catalogue, 'ghost', '1.0.0'),
    'unknown service `ghost`; known: accounts, ',
  ],
  [
    'an unknown release',
    () => addRelease(plan, catalogue, 'accounts', '9.9.9'),
    'accounts has no release `9.9.9`; known: 1.4.0, ',
  ],
  [
    'weight for an unknown release',
    () => setWeights(plan, catalogue, 'accounts', { '9.9.9': 1 }),
    'no release `9.9.9`',
  ],
  [
    'weight for one that does not run',
    () => setWeights(plan, catalogue, 'accounts', { '2.0.0': 1 }),
    'accounts 2.0.0 does not run',
  ],
  ['a weight below 0', () => setWeights(plan, catalogue, 'accounts', { '1.4.0': -1 }), 'weight -1 is no whole number'],
  ['no weight at all', () => setWeights(plan, catalogue, 'accounts', { '1.4.0': 0 }), 'all weights are 0'],
  ['taking away what does not run', () => removeRelease(plan, 'accounts', '2.0.0'), 'accounts 2.0.0 does not run'],
  ['taking away what has weight', () => removeRelease(plan, 'accounts', '1.4.0'), 'accounts 1.4.0 has weight 100'],
])('%s is refused', (_, attempt, message) => {
  expect(attempt).toThrow(PlanError);
  expect(attempt).toThrow(message);
});

test('the error says what to type', () => {
  const hints: string[] = [];
  for (const attempt of [
    () => setWeights(plan, catalogue, 'accounts', { '2.0.0': 1 }),
    () => setWeights(plan, catalogue, 'accounts', { '1.4.0': 0 }),
  ]) {
    try {
      attempt();
    } catch (error) {
      if (error instanceof PlanError) hints.push(error.hint);
      else throw error;
    }
  }
  expect(hints).toEqual(['type `parley release accounts 2.0.0` first', 'for example: parley split accounts 1.4.0=100']);
});

test('a plan that is wrong in several ways says all of them', () => {
  const wrong = { accounts: { '9.9.9': 1.5 }, ghost: { '1.0.0': 1 }, identity: {}, orders: { '1.4.0': 0 } };
  expect(validatePlan(wrong, catalogue)).toEqual([
    expect.stringContaining('accounts has no release `9.9.9`'),
    'accounts 9.9.9: weight 1.5 is no whole number from 0 to 1000000',
    expect.stringContaining('unknown service `ghost`'),
    'identity: no release runs',
    'orders: all weights are 0, every request would be refused',
    'portfolio: is not in the plan',
  ]);
});

test('a release that was added and got no weight can be taken away again, from any plan', () => {
  fc.assert(
    fc.property(anyPlan, (before) => {
      fc.pre(!('2.0.0' in (before.orders ?? {})));
      expect(removeRelease(addRelease(before, catalogue, 'orders', '2.0.0'), 'orders', '2.0.0')).toEqual(before);
    }),
  );
});
