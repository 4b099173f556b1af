import type { MeshIntent } from '../intent.ts';
import type { Marks } from '../mesh.ts';

/** As much of Istio's ProxyConfig (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig) as is said of a Pod. */
interface ProxyConfig {
  readonly proxyStatsMatcher: { readonly inclusionRegexps: readonly string[] };
}

/**
 * Istio's proxies keep few counters of upstream clusters by themselves. What the readers need is asked for on each Pod
 * (https://istio.io/latest/docs/ops/configuration/telemetry/envoy-stats/) and nowhere else, so that a mesh that others installed counts
 * the same as one of our own and is not touched. It takes the place of what the mesh asks for by default.
 */
export function countedStats({ readers = [] }: MeshIntent): Marks {
  const inclusionRegexps = [...new Set(readers.flatMap(({ envoyCounters = [] }) => envoyCounters))];
  if (inclusionRegexps.length === 0) return { labels: {}, annotations: {} };
  const config: ProxyConfig = { proxyStatsMatcher: { inclusionRegexps } };
  return {
    labels: {},
    annotations: {
      'proxy.istio.io/config': JSON.stringify(config),
      // Histograms are as old as the last flush; by default that is up to five seconds. Parts of a second are not understood.
      'sidecar.istio.io/statsFlushInterval': '1s',
    },
  };
}
