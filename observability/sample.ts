import { environmentNames } from '../charts/environments.ts';
import { exchange } from '../mesh/exchange.ts';
import { meshNames } from '../mesh/intent.ts';
import type { ObservabilityOptions } from './context.ts';
import { observabilityParts } from './names.ts';

/** Options of a rendering for tests: everything, on a laptop with Istio, but for what is said. */
export function sampleOptions(change: Partial<ObservabilityOptions> = {}): ObservabilityOptions {
  return {
    mesh: 'istio',
    env: 'dev',
    parts: observabilityParts,
    meshMetrics: 'standard',
    capture: 'cni',
    exchangeNamespace: exchange.namespace,
    trustDomain: exchange.trustDomain,
    rollouts: true,
    ...change,
  };
}

/** Every mesh in every environment. */
export const targets = meshNames.flatMap((mesh) => environmentNames.map((env) => ({ mesh, env })));
