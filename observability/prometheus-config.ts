import type { ObservabilityContext } from './context.ts';
import { type ScrapeJob, scrapeJobs } from './scrape-jobs.ts';

/** Configuration of Prometheus (https://prometheus.io/docs/prometheus/latest/configuration/configuration/), as far as this kit uses it. */
export interface PrometheusConfig {
  readonly global: {
    readonly scrape_interval: string;
    readonly scrape_timeout: string;
    readonly evaluation_interval: string;
  };
  readonly storage: { readonly exemplars: { readonly max_exemplars: number } };
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly ScrapeJob[];
}

/** `ruleFiles` as the container sees them. */
export function prometheusConfig(context: ObservabilityContext, ruleFiles: readonly string[]): PrometheusConfig {
  const { scrapeSeconds } = context.sizes;
  return {
    global: {
      scrape_interval: `${scrapeSeconds}s`,
      scrape_timeout: `${scrapeSeconds - 1}s`,
      evaluation_interval: `${scrapeSeconds}s`,
    },
    storage: { exemplars: { max_exemplars: 100_000 } },
    rule_files: ruleFiles,
    scrape_configs: scrapeJobs(context),
  };
}
