import type { MeshName } from '../../mesh/intent.ts';
import type { RuleGroup } from './rule.ts';

/** Where figures about edges come from: the mesh's own metrics, or counters of the Envoys of an Istio without its telemetry filter. */
export const meshMetricsNames = ['standard', 'envoy'] as const;
export type MeshMetrics = (typeof meshMetricsNames)[number];

export interface RuleOptions {
  readonly mesh: MeshName;
  readonly meshMetrics: MeshMetrics;
}

/** All recording rules and alerts for Prometheus, in the order in which they depend on each other. */
export function ruleGroups(_options: RuleOptions): readonly RuleGroup[] {
  return [];
}
