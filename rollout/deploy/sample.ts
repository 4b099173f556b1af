import { environmentNames } from '../../charts/environments.ts';
import { exchange } from '../../mesh/exchange.ts';
import { meshNames } from '../../mesh/intent.ts';
import type { DeployOptions } from './deploy-options.ts';

/** Options of a rendering for tests: on a laptop with Istio, but for what is said. */
export function sampleOptions(change: Partial<DeployOptions> = {}): DeployOptions {
  return {
    mesh: 'istio',
    env: 'dev',
    capture: 'cni',
    exchangeNamespace: exchange.namespace,
    observed: true,
    ...change,
  };
}

/** Every mesh in every environment. */
export const targets = meshNames.flatMap((mesh) => environmentNames.map((env) => ({ mesh, env })));
