import type { RequestMatch } from '../../core/traffic.ts';
import type { StepSpec, StrategySpec } from '../rollout.ts';
import { rulesAt } from '../rule.ts';

/** The members of a strategy, of which one is written. */
export const strategyNames = ['canary', 'blueGreen', 'match', 'mirror', 'consumer'] as const;

/** CEL: one of the members is there and no other. */
export const exactlyOne = (names: readonly string[]): string =>
  `[${names.map((name) => `has(self.${name})`).join(', ')}].exists_one(there, there)`;

const rising = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? number));

export const strategyRules = [
  rulesAt<StrategySpec>('spec.strategy', [
    {
      cel: exactlyOne(strategyNames),
      message: `must have exactly one of ${strategyNames.join(', ')}`,
      holds: (strategy) => strategyNames.filter((name) => strategy[name] !== undefined).length === 1,
    },
  ]),
  rulesAt<readonly StepSpec[]>('spec.strategy.canary.steps', [
    {
      cel: 'self.map(step, step.weight).isSorted() && self.all(a, self.exists_one(b, b.weight == a.weight))',
      message: 'weights must rise from step to step, such as 10, 50; the last step to 100 comes by itself',
      holds: (steps) => rising(steps.map(({ weight }) => weight)),
    },
  ]),
  rulesAt<RequestMatch>('spec.strategy.match.any[]', [
    {
      cel: 'has(self.headers) || has(self.cookies)',
      message: 'must have headers or cookies; a strategy without conditions is canary or blueGreen',
      holds: ({ headers, cookies }) => headers !== undefined || cookies !== undefined,
    },
  ]),
  rulesAt<NonNullable<StrategySpec['consumer']>>('spec.strategy.consumer', [
    {
      cel: 'self.steps.isSorted() && self.steps.all(a, a < self.pods && self.steps.exists_one(b, b == a))',
      message:
        'numbers of Pods must rise from step to step and stay below pods; all Pods come by themselves at the end',
      fieldPath: '.steps',
      holds: ({ pods, steps }) => rising(steps) && steps.every((step) => step < pods),
    },
  ]),
];
