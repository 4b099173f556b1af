import type { RequestMatch, Stage, Traffic } from '../core/traffic.ts';
import { defaults } from './defaults.ts';
import { parseDurationMs } from './quantities.ts';
import type { Duration, StrategySpec } from './rollout.ts';

const durationMs = (text: Duration | undefined): number => parseDurationMs(text ?? defaults.minDuration);

/** The candidate has everything: how each strategy but blue-green ends, without a wait of its own. */
const everything: Stage = { title: '100 %', traffic: { weight: 100 }, minDurationMs: 0 };

const describeMatch = (any: readonly RequestMatch[]): string =>
  any
    .map(({ headers = [], cookies = [] }) =>
      [
        ...headers.map(({ name, value }) => `header ${name}: ${value}`),
        ...cookies.map(({ name, value }) => `cookie ${name}=${value}`),
      ].join(' and '),
    )
    .join(' or ');

function consumerStages({ pods, steps, minDuration }: NonNullable<StrategySpec['consumer']>): readonly Stage[] {
  const stage = (candidate: number, weight: number, minDurationMs: number): Stage => ({
    title: `${candidate} of ${pods} consumers`,
    traffic: { weight, replicas: { stable: pods - candidate, candidate } },
    minDurationMs,
  });
  return [...steps.map((candidate) => stage(candidate, 0, durationMs(minDuration))), stage(pods, 100, 0)];
}

/** The stages of a strategy that is valid, in order; the last one gives the candidate everything. */
export function stagesOf(strategy: StrategySpec): readonly Stage[] {
  const { canary, blueGreen, match, mirror, consumer } = strategy;
  const before = (title: string, traffic: Traffic, minDuration: Duration | undefined): readonly Stage[] => [
    { title, traffic, minDurationMs: durationMs(minDuration) },
    everything,
  ];
  if (consumer) return consumerStages(consumer);
  if (blueGreen) return [{ ...everything, minDurationMs: durationMs(blueGreen.minDuration) }];
  if (match) return before(describeMatch(match.any), { weight: 0, match: match.any }, match.minDuration);
  if (mirror) {
    const percent = mirror.percent ?? defaults.mirror.percent;
    return before(`mirror ${percent} %`, { weight: 0, mirrorPercent: percent }, mirror.minDuration);
  }
  const steps = canary?.steps ?? defaults.canary.weights.map((weight) => ({ weight, minDuration: undefined }));
  const weighted = steps.map(
    ({ weight, minDuration }): Stage => ({
      title: `${weight} %`,
      traffic: { weight },
      minDurationMs: durationMs(minDuration),
    }),
  );
  return [...weighted, everything];
}
