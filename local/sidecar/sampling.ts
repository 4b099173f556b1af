import { selects } from '../objects/selector.ts';
import type { MeshPod } from './mesh-pod.ts';
import { istioRootNamespace } from './policy/istio.ts';
import type { World } from './world.ts';

/**
 * Share of requests that the sidecar of `pod` makes spans of, 0..100: the Telemetry that selects the Pod, else that of its
 * namespace, else that of the whole mesh, else `byDefault` (https://istio.io/latest/docs/reference/config/telemetry/).
 */
export function samplingPercent(world: World, pod: MeshPod, byDefault: number): number {
  const ranked = world.telemetries
    .filter(({ spec }) => spec?.tracing?.length)
    .flatMap((telemetry) => {
      const { namespace } = telemetry.metadata;
      const selector = telemetry.spec?.selector;
      if (selector) return namespace === pod.namespace && selects(selector, pod.labels) ? [{ rank: 2, telemetry }] : [];
      if (namespace === pod.namespace) return [{ rank: 1, telemetry }];
      return namespace === istioRootNamespace ? [{ rank: 0, telemetry }] : [];
    })
    .sort((a, b) => b.rank - a.rank);
  const tracing = ranked[0]?.telemetry.spec?.tracing?.[0];
  return tracing?.randomSamplingPercentage ?? byDefault;
}
