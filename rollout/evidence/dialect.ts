import type { Sample } from '../../mesh/linkerd/proxy-metrics.ts';
import { quoted } from '../../mesh/promql.ts';
import type { Counter } from './counts.ts';
import type { ProxyNames } from './proxy-evidence.ts';
import type { EvidenceTarget, Missing } from './source.ts';

/** How one kind of proxy writes down, as Prometheus' series, the calls that it makes. */
export interface Dialect {
  /** As people know it: `Envoy`, `Istio`, `Linkerd`. */
  readonly name: string;
  /** Names of all series that are read. */
  readonly series: ReadonlySet<string>;
  names(target: EvidenceTarget): ProxyNames;
  /** What the series of one proxy count; those that tell of no release are left out. */
  counters(samples: readonly Sample[]): readonly Counter[];
  /** Releases that the proxy has something to say about; undefined: it shows none before the first call. */
  known?(samples: readonly Sample[]): ReadonlySet<string>;
  /** How Prometheus finds the series about the releases of a target: any of these will do. */
  ways(target: EvidenceTarget): readonly Way[];
  /** Why calls by this protocol cannot be counted. */
  cannot(target: EvidenceTarget): Missing | undefined;
  readonly missing: {
    candidate(target: EvidenceTarget, names: ProxyNames): Missing;
    calls(target: EvidenceTarget, to: string): Missing;
  };
}

/** Series that are about the releases of a target. */
export interface Way {
  readonly series: readonly string[];
  /** Matchers of labels, the most general first, so that the first without any series is the one to look at. */
  readonly matchers: readonly string[];
}

/** PromQL for the series of a way, by so many of its matchers. */
export const selectorOf = ({ series, matchers }: Way, upTo = matchers.length): string =>
  `{${[`__name__=~${quoted(series.join('|'))}`, ...matchers.slice(0, upTo)].join(', ')}}`;

/** How calls to a release of a Service are told apart: `accounts-2-0-0.exchange:8080`. */
export const portOf = (name: string, namespace: string, port: number | string): string =>
  `${name}.${namespace}:${port}`;

/**
 * Counters of the buckets of Prometheus' histograms, which count what is below each bound: here each counts what is between two.
 * @param to whose calls the histogram is about; undefined: nobody's.
 */
export function durationCounters(
  samples: readonly Sample[],
  msPerUnit: 1 | 1000,
  to: (labels: Sample['labels']) => string | undefined,
): Counter[] {
  const histograms = Map.groupBy(
    samples,
    ({ name, labels: { le: _, ...labels } }) => `${name} ${JSON.stringify(labels)}`,
  );
  return [...histograms].flatMap(([group, buckets]) => {
    const whose = to(buckets[0]?.labels ?? {});
    if (whose === undefined) return [];
    let below = 0;
    return buckets
      .map(({ labels, value }) => ({ bound: Number(labels.le?.replace('+Inf', 'Infinity')), value }))
      .sort((a, b) => a.bound - b.bound)
      .map(({ bound, value }): Counter => {
        const own = value - below;
        below = value;
        const boundMs = bound * msPerUnit;
        return { group, name: String(bound), to: whose, counts: 'duration', boundMs, value: own };
      });
  });
}
