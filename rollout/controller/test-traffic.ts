import { releaseName } from '../../mesh/release.ts';
import type { Counts, Reading } from '../core/evidence.ts';
import type { EvidenceSource, EvidenceTarget } from '../evidence/source.ts';

/** How a release does: the share of its requests that fail, 0..1. */
export type Failing = Readonly<Record<string, number>>;

export interface TrafficOptions {
  readonly requestsPerSecond: number;
  /** By the name of the release's Service. */
  readonly failing: Failing;
  /** Weights that callers go by now, by the name of the release's Service. */
  readonly weights: (service: string) => Readonly<Record<string, number>>;
  readonly now: () => number;
}

/** Counts that callers would have made: they follow the weights, and each release fails as it does. It has no opinion. */
export function trafficEvidence(
  options: TrafficOptions,
): EvidenceSource & { readonly open: EvidenceSource['open']; opened(): number } {
  let opened = 0;
  return {
    name: 'simulated',
    open(target) {
      opened += 1;
      const flow = createFlow(options, target);
      return {
        read: async () => flow(),
        close() {
          opened -= 1;
        },
      };
    },
    preflight: async () => [],
    close: async () => undefined,
    opened: () => opened,
  };
}

function createFlow(
  { requestsPerSecond, failing, weights, now }: TrafficOptions,
  target: EvidenceTarget,
): () => Reading {
  let lastMs = now();
  // What is left of a request waits for the next look, so that nothing is rounded away.
  const owed = new Map<string, number>();
  const whole = (key: string, amount: number) => {
    const due = (owed.get(key) ?? 0) + amount;
    owed.set(key, due - Math.floor(due));
    return Math.floor(due);
  };
  return () => {
    const [fromMs, toMs] = [lastMs, now()];
    lastMs = toMs;
    const shares = weights(target.service);
    const total = Object.values(shares).reduce((sum, weight) => sum + weight, 0);
    const counts = (release: string): Counts => {
      const name = releaseName(target.service, release);
      const share = total > 0 ? (shares[name] ?? 0) / total : 0;
      const requests = whole(name, (share * requestsPerSecond * (toMs - fromMs)) / 1000);
      const failures = Math.min(requests, whole(`${name} failures`, requests * (failing[name] ?? 0)));
      return { requests, failures, latency: { boundsMs: [10, 100], counts: [requests, 0, 0] } };
    };
    return { kind: 'counts', stable: counts(target.stable), candidate: counts(target.candidate), examples: [] };
  };
}
