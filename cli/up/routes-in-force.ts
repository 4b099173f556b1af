import type { Plan } from '../../charts/plan.ts';
import type { MeshName } from '../../mesh/intent.ts';
import { programmed } from '../../mesh/route-in-force.ts';
import type { Cluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { heldServices } from '../rollout/held.ts';
import { namespace, readRoutes, refusedRoute } from '../routes.ts';
import { openConfirmation } from '../sidecars/confirm-routes.ts';
import { type Missing, waitUntil } from '../wait.ts';
import type { WaitOptions } from './releases-ready.ts';

export interface RoutesInForce extends WaitOptions {
  readonly mesh: MeshName;
  readonly plan: Plan;
}

/**
 * Waits until every route, or that of one service, is in force: the mesh says so, and where its word is only that it took
 * the route, the sidecar of every caller shows the weights. Those of a service in a rollout are for its controller to wait for.
 */
export async function routesInForce(context: CommandContext, cluster: Cluster, options: RoutesInForce): Promise<void> {
  const except = new Set((await heldServices(cluster)).keys());
  const confirmation = openConfirmation(context, cluster, { ...options, except });
  try {
    const confirm = confirmation?.look;
    await waitForRoutes(context, cluster, { ...options, except, ...(confirm ? { confirm } : {}) });
  } finally {
    await confirmation?.close();
  }
}

interface RoutesWait extends WaitOptions {
  /** Services that are not waited for. */
  readonly except: ReadonlySet<string>;
  /** Looks closer than the routes' status does, at what the sidecars have; what is missing. */
  readonly confirm?: () => Promise<Missing>;
}

/** Waits until the sidecars confirmed the routes as they are written now. Fails at once when one is refused. */
function waitForRoutes(context: CommandContext, cluster: Cluster, options: RoutesWait): Promise<void> {
  const { timeoutMs, service, say, confirm, except } = options;
  return waitUntil(
    context,
    'routes in force',
    { timeoutMs, hint: `Type: kubectl -n ${namespace} describe httproutes,grpcroutes` },
    async () => {
      for (const [name, route] of await readRoutes(cluster)) {
        if (service && name !== service && name !== `edge-${service}`) continue;
        if (except.has(name.replace(/^edge-/, ''))) continue;
        const state = programmed(route);
        if (state.state === 'refused') throw refusedRoute(name, state.why);
        if (state.state === 'pending') return `${name}: ${state.why}`;
      }
      return confirm?.();
    },
    say,
  );
}
