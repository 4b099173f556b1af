import { bodyCounter, type Check } from '../core/check.ts';
import { defaults } from './defaults.ts';
import { parseDurationMs, parsePercent } from './quantities.ts';
import type { CheckSpec, Percent } from './rollout.ts';

interface Shares {
  readonly good?: Percent;
  readonly bad?: Percent;
}

const sharesOf = (shares: Shares, { good, bad }: Required<Shares>) => ({
  good: parsePercent(shares.good ?? good),
  bad: parsePercent(shares.bad ?? bad),
});

function latencyOf(name: string, latency: NonNullable<CheckSpec['latency']>): Check {
  const { quantile, ratio, bad } = { ...defaults.latency, ...latency };
  return {
    name,
    kind: 'latency',
    quantile: parsePercent(quantile),
    ...(latency.limit === undefined ? {} : { limitMs: parseDurationMs(latency.limit) }),
    ratio: parsePercent(ratio),
    bad: parsePercent(bad),
  };
}

/** A valid check with every default filled in. */
export function checkOf({ name, errorRate, latency, body, counter, gauge }: CheckSpec): Check {
  if (latency) return latencyOf(name, latency);
  if (body) return { name, kind: 'counter', counter: bodyCounter, ...sharesOf(body, defaults.body) };
  if (counter) return { name, kind: 'counter', counter: counter.name, ...sharesOf(counter, defaults.counter) };
  if (gauge) {
    const forMs = parseDurationMs(gauge.for ?? defaults.gauge.for);
    return { name, kind: 'gauge', gauge: gauge.name, limit: gauge.limit, forMs };
  }
  return { name, kind: 'errorRate', ...sharesOf(errorRate ?? {}, defaults.errorRate) };
}
