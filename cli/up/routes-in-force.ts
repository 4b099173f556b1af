import type { Plan } from '../../charts/plan.ts';
import type { MeshName } from '../../mesh/intent.ts';
import type { Cluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { openConfirmation } from '../sidecars/confirm-routes.ts';
import { waitForRoutes } from './carry-out.ts';
import type { WaitOptions } from './releases-ready.ts';

export interface RoutesInForce extends WaitOptions {
  readonly mesh: MeshName;
  readonly plan: Plan;
}

/**
 * Waits until every route, or that of one service, is in force: the mesh says so, and where its word is only that it took
 * the route, the sidecar of every caller shows the weights.
 */
export async function routesInForce(context: CommandContext, cluster: Cluster, options: RoutesInForce): Promise<void> {
  const confirmation = openConfirmation(context, cluster, options);
  try {
    const confirm = confirmation?.look;
    await waitForRoutes(context, cluster, { ...options, ...(confirm ? { confirm } : {}) });
  } finally {
    await confirmation?.close();
  }
}
