import { Gauge, Histogram, Registry } from 'prom-client';
import type { VerdictName } from '../core/check.ts';
import type { RolloutStatus } from '../resource/rollout.ts';

/** What Prometheus is told of rollouts; docs/architecture.md names the series. */
export interface RolloutMetrics {
  readonly registry: Registry;
  show(namespace: string, service: string, status: RolloutStatus): void;
  /** Nothing is told of it any more. */
  forget(namespace: string, service: string): void;
  /** How much later than it was due a rollout was looked at. */
  late(ms: number): void;
}

const verdicts: Readonly<Record<VerdictName, number>> = { pass: 1, inconclusive: 0, fail: -1 };
const latenessMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000];

/** Metrics of a controller, in a registry of their own. */
export function createRolloutMetrics(): RolloutMetrics {
  const registry = new Registry();
  const labelNames = ['namespace', 'service', 'release'] as const;
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers: [registry] });
  const weight = gauge('parley_route_weight', 'Share of the release in percent, as its rollout wants it.');
  const verdict = gauge('parley_rollout_verdict', 'Of all checks of the candidate: 1 pass, 0 inconclusive, -1 fail.');
  const step = gauge('parley_rollout_step', 'Number of the stage that the candidate is in, from 1; 0: none.');
  const lateness = new Histogram({
    name: 'parley_rollout_tick_lateness_seconds',
    help: 'How much later than it was due a rollout was looked at.',
    buckets: latenessMs.map((ms) => ms / 1000),
    registers: [registry],
  });
  const shown = new Map<string, readonly string[]>();

  const forget = (namespace: string, service: string) => {
    for (const release of shown.get(`${namespace}/${service}`) ?? [])
      for (const each of [weight, verdict, step]) each.remove({ namespace, service, release });
    shown.delete(`${namespace}/${service}`);
  };

  return {
    registry,
    forget,
    late: (ms) => lateness.observe(ms / 1000),
    show(namespace, service, status) {
      const { stable, candidate, weight: share = 0 } = status;
      const key = `${namespace}/${service}`;
      if (!stable || !candidate) return forget(namespace, service);
      if (shown.get(key)?.join() !== [stable, candidate].join()) forget(namespace, service);
      shown.set(key, [stable, candidate]);
      const of = (release: string) => ({ namespace, service, release });
      weight.set(of(stable), 100 - share);
      weight.set(of(candidate), share);
      step.set(of(candidate), Number.parseInt(status.stage ?? '0', 10));
      if (status.verdict) verdict.set(of(candidate), verdicts[status.verdict]);
    },
  };
}
