import type { Sample } from '../../mesh/linkerd/proxy-metrics.ts';
import type { Counter } from './counts.ts';
import { type Dialect, selectorOf } from './dialect.ts';
import { envoyDialect } from './envoy-series.ts';
import { istioDialect } from './istio-series.ts';
import { linkerdDialect } from './linkerd-series.ts';
import type { EvidenceClock } from './looks.ts';
import { instantQuery } from './prometheus-api.ts';
import { proxyEvidence } from './proxy-evidence.ts';
import type { EvidenceSource, EvidenceTarget, Missing } from './source.ts';

/** Whose series Prometheus has. */
export const dialects = { istio: istioDialect, envoy: envoyDialect, linkerd: linkerdDialect } as const;

export interface PrometheusOptions {
  /** Such as `http://prometheus.observability:9090`. */
  readonly url: string;
  readonly dialect: keyof typeof dialects;
  readonly clock: EvidenceClock;
}

/** Prometheus knows no more than its last scrapes. */
const pace = { everyMs: 1000, patienceMs: 500 } as const;

/**
 * Evidence from Prometheus, for where proxies cannot be asked. It is asked for the counters of callers' proxies as they are, and
 * differences are taken here, proxy by proxy: `rate` and `increase` guess what was between scrapes, which is no count of requests.
 */
export function prometheusEvidence({ url, dialect: name, clock }: PrometheusOptions): EvidenceSource {
  const dialect: Dialect = dialects[name];
  const prometheus = { id: url, name: `Prometheus at ${url}` };
  return proxyEvidence(
    {
      name: 'prometheus',
      pace,
      gaps: true,
      list: () => [prometheus],
      names: dialect.names,
      cannot: dialect.cannot,
      async ask(_place, targets) {
        const selectors = new Set(targets.flatMap((target) => dialect.ways(target).map((way) => selectorOf(way))));
        const samples = await instantQuery(url, [...selectors].join(' or '));
        const counters = perProxy(samples, dialect);
        return { counters, known: knownIn(counters, targets, dialect) };
      },
      look: (target) => firstWithout(url, dialect, target),
      missing: {
        proxies: { what: 'no Prometheus is there to ask', hint: 'Say its address.' },
        silent: ({ reason }) => ({
          what: reason,
          hint: `Type: curl ${url}/-/ready   (does it answer from where the controller runs?)`,
        }),
        candidate: (target) => ({
          what: `${selectorOf(wayOf(dialect, target))}: Prometheus at ${url} has no such series`,
          hint: 'Does it scrape the callers, and do these call the service? The preflight says which label is in the way.',
        }),
        calls: dialect.missing.calls,
      },
    },
    clock,
  );
}

const wayOf = (dialect: Dialect, target: EvidenceTarget) => dialect.ways(target)[0] ?? { series: [], matchers: [] };

/** Every scraped proxy counts by itself: its counters begin anew with it. */
function perProxy(samples: readonly Sample[], dialect: Dialect): Counter[] {
  const proxies = Map.groupBy(samples, ({ labels }) => [labels.job, labels.instance, labels.pod].join(' '));
  return [...proxies].flatMap(([proxy, own]) =>
    dialect.counters(own).map((counter) => ({ ...counter, group: `${proxy} ${counter.group}` })),
  );
}

/** Before its first call nothing tells of the candidate; that the series are there is seen by those of the stable release. */
function knownIn(counters: readonly Counter[], targets: readonly EvidenceTarget[], dialect: Dialect): Set<string> {
  const shown = new Set(counters.map(({ to }) => to));
  const names = targets.map(dialect.names).filter(({ stable, candidate }) => shown.has(stable) || shown.has(candidate));
  return new Set(names.map(({ known }) => known));
}

/** The first step, from the name of the series to the last label, after which nothing is left. */
async function firstWithout(url: string, dialect: Dialect, target: EvidenceTarget): Promise<Missing[]> {
  const found: Missing[] = [];
  for (const way of dialect.ways(target)) {
    let missing: Missing | undefined;
    for (let upTo = 0; upTo <= way.matchers.length && !missing; upTo += 1) {
      const selector = selectorOf(way, upTo);
      if ((await instantQuery(url, `count(${selector})`)).length > 0) continue;
      missing = {
        what: upTo === 0 ? `series ${way.series.join(', ')}` : `label ${way.matchers[upTo - 1]} of ${way.series[0]}`,
        hint: `Ask Prometheus at ${url} for: ${upTo === 0 ? `{__name__=~"${dialect.name.toLowerCase()}.*"}` : selectorOf(way, upTo - 1)}`,
      };
    }
    if (!missing) return [];
    found.push(missing);
  }
  return found.slice(0, 1);
}
