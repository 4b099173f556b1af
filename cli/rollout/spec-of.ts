import { defaults } from '../../rollout/resource/defaults.ts';
import type { CheckSpec, RolloutSpec, StrategySpec } from '../../rollout/resource/rollout.ts';
import { usageFailure } from '../failure.ts';
import { oneOf } from '../suggest.ts';

export const strategyNames = ['canary', 'blue-green', 'match', 'mirror'] as const;
export type StrategyName = (typeof strategyNames)[number];

/** What `rollout start` takes for the parts of a Rollout, as it was typed. */
export const specFlags = ['strategy', 'steps', 'match', 'mirror', 'good', 'bad', 'max-duration'] as const;
export type SpecFlags = Partial<Record<(typeof specFlags)[number], string>>;

/** Each of these says one strategy; the others have nothing to say about it. */
const flagOf = { canary: 'steps', match: 'match', mirror: 'mirror' } as const satisfies Partial<
  Record<StrategyName, keyof SpecFlags>
>;

/**
 * The Rollout that flags ask for; what they do not name is left to the defaults of the resource. Pure.
 * Throws a usage failure for flags that contradict each other or cannot be read.
 */
export function specOf(service: string, candidate: string, flags: SpecFlags): RolloutSpec {
  const strategy = strategyOf(flags);
  const checks = checksOf(flags);
  const maxDuration = flags['max-duration'];
  return {
    service,
    candidate,
    ...(strategy ? { strategy } : {}),
    ...(checks ? { checks } : {}),
    ...(maxDuration === undefined ? {} : { decision: { maxDuration } }),
  };
}

function strategyOf(flags: SpecFlags): StrategySpec | undefined {
  const said = Object.entries(flagOf).filter(([, flag]) => flags[flag] !== undefined);
  const [first, second] = said;
  if (first && second) {
    throw usageFailure(`--${first[1]} and --${second[1]} ask for two strategies.`, 'Write one of them.');
  }
  const asked = flags.strategy === undefined ? undefined : oneOf(flags.strategy, strategyNames, 'strategy');
  if (asked && first && first[0] !== asked) {
    throw usageFailure(`--${first[1]} is of the strategy ${first[0]}.`, `Write --strategy ${first[0]}, or nothing.`);
  }
  const name = asked ?? (first?.[0] as StrategyName | undefined);
  return name === undefined ? undefined : strategies[name](flags);
}

const strategies: Readonly<Record<StrategyName, (flags: SpecFlags) => StrategySpec>> = {
  canary: ({ steps = defaults.canary.weights.join(',') }) => ({
    canary: { steps: steps.split(',').map((weight) => ({ weight: numberOf(weight, 'steps', '10,50') })) },
  }),
  'blue-green': () => ({ blueGreen: {} }),
  match: ({ match }) => ({ match: { any: [{ headers: [headerOf(match)] }] } }),
  mirror: ({ mirror }) => ({ mirror: mirror === undefined ? {} : { percent: numberOf(mirror, 'mirror', '50') } }),
};

/** Whether the number is one that the resource takes is the resource's to say. */
function numberOf(text: string, flag: string, example: string): number {
  if (/^\s*\d+(\.\d+)?\s*%?$/.test(text)) return Number.parseFloat(text);
  throw usageFailure(`--${flag} ${text}: not a number.`, `Write for example --${flag} ${example}`);
}

function headerOf(text: string | undefined): { readonly name: string; readonly value: string } {
  const [, name, value] = /^([^:\s]+):\s*(\S.*)$/.exec(text ?? '') ?? [];
  if (name !== undefined && value !== undefined) return { name, value };
  const what = text === undefined ? '--strategy match: --match is missing.' : `--match ${text}: not a header.`;
  throw usageFailure(what, 'Write for example --match x-canary:1');
}

/** The default checks with other shares of failures. */
function checksOf({ good, bad }: SpecFlags): CheckSpec[] | undefined {
  if (good === undefined && bad === undefined) return undefined;
  const shares = { ...(good === undefined ? {} : { good }), ...(bad === undefined ? {} : { bad }) };
  return defaults.checks.map((check: CheckSpec) => (check.errorRate ? { ...check, errorRate: shares } : check));
}
