import { defaults } from '../defaults.ts';
import { parseDurationMs, percentNumber } from '../quantities.ts';
import type { DecisionSpec } from '../rollout.ts';
import { type Rule, rulesAt } from '../rule.ts';

const aboveZero = (example: string): Rule<string> => ({
  cel: "duration(self) > duration('0s')",
  message: `must be above 0s; write for example ${example}`,
  holds: (duration) => parseDurationMs(duration) > 0,
});

/** An error probability: 0 would need endless evidence, a half is tossing a coin. */
const probability = (example: string): Rule<string> => ({
  cel: "double(self.replace('%', '')) > 0.0 && double(self.replace('%', '')) < 50.0",
  message: `must be above 0% and below 50%; write for example ${example}`,
  holds: (percent) => percentNumber(percent) > 0 && percentNumber(percent) < 50,
});

const { decision, gates, noEvidence } = defaults;

export const decisionRules = [
  rulesAt<DecisionSpec>('spec.decision', [
    {
      cel: '!has(self.maxRequests) || !has(self.minRequests) || self.minRequests <= self.maxRequests',
      message: 'must be at least minRequests',
      fieldPath: '.maxRequests',
      holds: ({ minRequests = 0, maxRequests }) => maxRequests === undefined || minRequests <= maxRequests,
    },
  ]),
  rulesAt<string>('spec.decision.falseAlarm', [probability(decision.falseAlarm)]),
  rulesAt<string>('spec.decision.missed', [probability(decision.missed)]),
  rulesAt<string>('spec.decision.falseBlame', [probability(decision.falseBlame)]),
  rulesAt<string>('spec.decision.maxDuration', [aboveZero(decision.maxDuration)]),
  rulesAt<string>('spec.gates.readinessTimeout', [aboveZero(gates.readinessTimeout)]),
  rulesAt<string>('spec.noEvidence.after', [aboveZero(noEvidence.after)]),
];
