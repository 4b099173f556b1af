import { join } from 'node:path';
import { readCatalogue } from '../../charts/catalogue.ts';
import type { Plan } from '../../charts/plan.ts';
import { runningDaemon } from '../../local/daemon/record.ts';
import { routeInForce, routesPath, type WantedRoute } from '../../mesh/envoy/routes.ts';
import { exchangeIntent } from '../../mesh/exchange.ts';
import { edgeName, type MeshName, routed } from '../../mesh/intent.ts';
import type { Cluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { messageOf } from '../failure.ts';
import { stateFolder } from '../state-folder.ts';
import type { Missing } from '../wait.ts';
import { openSidecars, proxyPlaces, type Sidecars } from './admin.ts';
import { servingPods } from './pods.ts';

/** Asks the sidecars themselves which weights they go by. */
export interface RouteConfirmation {
  /** What a sidecar lacks; undefined when all of them have the wanted weights. */
  look(): Promise<Missing>;
  close(): Promise<void>;
}

interface RoutesToConfirm {
  readonly mesh: MeshName;
  readonly plan: Plan;
  readonly service?: string;
  readonly except: ReadonlySet<string>;
}

/** A caller of a service, and the route that it is to go by. */
interface Expectation {
  readonly caller: string;
  readonly wanted: WantedRoute;
}

/**
 * Confirmation by the sidecars of every Pod that calls a service, the edge's too. Undefined where there is nothing to ask: the
 * embedded cluster confirms in the routes' status, and Linkerd's proxies show no weights.
 *
 * @param service only its callers; absent: those of every service of the plan
 * @param except services whose callers are not asked
 */
export function openConfirmation(
  context: CommandContext,
  cluster: Cluster,
  { mesh, plan, service, except }: RoutesToConfirm,
): RouteConfirmation | undefined {
  if (mesh !== 'istio' || runningDaemon(stateFolder(context).path)) return undefined;
  const intent = exchangeIntent(readCatalogue(join(context.repo, 'services')), plan);
  const expectations = routed(intent)
    .filter(({ name, protocol }) => protocol !== 'tcp' && (service === undefined || name === service))
    .filter(({ name }) => !except.has(name))
    .flatMap(({ name, port, split, allow }) => {
      const wanted = { namespace: intent.namespace, service: name, port, weights: split };
      return allow.map((caller): Expectation => ({ caller, wanted }));
    });
  const sidecars = openSidecars(context, cluster, proxyPlaces.istio);
  return { look: () => look(cluster, sidecars, expectations), close: () => sidecars.close() };
}

async function look(cluster: Cluster, sidecars: Sidecars, expectations: readonly Expectation[]): Promise<Missing> {
  for (const [caller, own] of Map.groupBy(expectations, (each) => each.caller)) {
    for (const pod of await servingPods(cluster, caller)) {
      const name = pod.metadata?.name ?? '';
      try {
        const admin = await sidecars.admin(pod);
        if (!admin) return `${name}: it has no sidecar that could go by the weights`;
        const text = await admin.get(routesPath);
        const table = caller === edgeName ? 'gateway' : 'sidecar';
        const missing = own.map(({ wanted }) => routeInForce(text, wanted, table)).find(Boolean);
        if (missing) return `${name}: ${missing}`;
      } catch (error) {
        return `${name}: ${messageOf(error)}`;
      }
    }
  }
  return undefined;
}
