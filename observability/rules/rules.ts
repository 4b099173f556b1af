import { type MeshName, meshNames } from '../../mesh/intent.ts';
import { edgeAlerts, expiringIdentities, insecureEdges, scrapeAlerts, spanAlerts } from './alerts.ts';
import { type EdgeSource, edgeRules } from './edge-series.ts';
import { envoyEdges } from './edges-envoy.ts';
import { istioEdges } from './edges-istio.ts';
import { linkerdEdges } from './edges-linkerd.ts';
import { footprintRules } from './footprint-series.ts';
import type { RuleGroup } from './rule.ts';
import { RulesError } from './rules-error.ts';
import { serviceRules } from './service-series.ts';

/** Where figures about edges come from: the mesh's own metrics, or counters of the Envoys of an Istio without its telemetry filter. */
export const meshMetricsNames = ['standard', 'envoy'] as const;
export type MeshMetrics = (typeof meshMetricsNames)[number];

export interface RuleOptions {
  readonly mesh: MeshName;
  readonly meshMetrics: MeshMetrics;
}

/** What tells about edges, by mesh and kind of metrics; a kind that is not here is one that the mesh does not have. */
const sources: Readonly<
  Record<MeshName, Partial<Record<MeshMetrics, { edges: EdgeSource; secured: keyof typeof insecureEdges }>>>
> = {
  istio: { standard: { edges: istioEdges, secured: 'istio' }, envoy: { edges: envoyEdges, secured: 'envoy' } },
  linkerd: { standard: { edges: linkerdEdges, secured: 'linkerd' } },
};

/**
 * All recording rules and alerts for Prometheus, in the order in which they depend on each other.
 * Throws RulesError for metrics that the mesh does not have.
 */
export function ruleGroups({ mesh, meshMetrics }: RuleOptions): readonly RuleGroup[] {
  const source = sources[mesh][meshMetrics];
  if (!source)
    throw new RulesError(
      mesh,
      meshMetrics,
      meshNames.filter((name) => sources[name][meshMetrics]),
    );
  return [
    { name: 'parley-edges', rules: [...edgeRules(source.edges), ...edgeAlerts] },
    { name: 'parley-services', rules: [...serviceRules, ...footprintRules(mesh)] },
    { name: 'parley-scrape', rules: [...scrapeAlerts, ...spanAlerts] },
    { name: 'parley-identity', rules: [insecureEdges[source.secured], expiringIdentities[mesh]] },
  ];
}
