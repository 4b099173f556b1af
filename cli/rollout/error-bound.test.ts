import { expect, test } from 'vitest';
import { parseRollout } from '../../rollout/resource/parse.ts';
import { errorBound } from './error-bound.ts';
import { newRollout } from './rollouts.ts';

const { checks, decision } = parseRollout(newRollout({ service: 'accounts', candidate: '2.0.0' }));
const errors = checks.find(({ kind }) => kind === 'errorRate');

test('the worse a candidate is, the fewer callers can see it', () => {
  if (errors?.kind !== 'errorRate') throw new Error('no check of errors by default');
  const rules = { hypotheses: errors, decision };
  const bound = (failing: number) => errorBound({ failing, weight: 0.1, rules });
  const [all, fifth, twentieth] = [bound(1), bound(0.2), bound(0.05)];
  process.stdout.write(`bounds: broken ${all}, 20 % ${fifth}, 5 % ${twentieth}\n`);
  expect(all).toBeLessThanOrEqual(5);
  expect(fifth).toBeGreaterThan(all);
  expect(twentieth).toBeGreaterThan(fifth);
  expect(bound(0.2), 'the same every time').toBe(fifth);
});
