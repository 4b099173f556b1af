import type { RulesAt } from './rule.ts';
import { callRules } from './rules/calls.ts';
import { checkRules } from './rules/checks.ts';
import { decisionRules } from './rules/decision.ts';
import { rolloutRules } from './rules/rollout.ts';
import { strategyRules } from './rules/strategy.ts';

/** Everything that has to hold beyond the form of single fields. */
export const rolloutRuleTable: readonly RulesAt[] = [
  ...rolloutRules,
  ...strategyRules,
  ...checkRules,
  ...decisionRules,
  ...callRules,
];
