import type { StrategySpec } from '../../rollout/resource/rollout.ts';
import { stagesOf } from '../../rollout/resource/strategy.ts';

const titles: Readonly<Record<keyof StrategySpec, string>> = {
  canary: 'canary',
  blueGreen: 'blue-green',
  match: 'match',
  mirror: 'mirror',
  consumer: 'consumer',
};

/** `canary: 10 %, 50 %, 100 %`. Pure. */
export function strategyTitle(strategy: StrategySpec = {}): string {
  const [member = 'canary'] = Object.keys(strategy) as (keyof StrategySpec)[];
  return `${titles[member]}: ${stagesOf(strategy)
    .map(({ title }) => title)
    .join(', ')}`;
}
