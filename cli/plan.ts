import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Plan } from '../charts/plan.ts';
import { ownLabels } from '../mesh/objects.ts';
import { releaseName } from '../mesh/release.ts';
import type { Cluster, ClusterObject } from './cluster.ts';
import { Failure } from './failure.ts';
import { namespace, type Route, readRoutes, weightsOf } from './routes.ts';

export type RunningDeployment = ClusterObject<Deployment>;

/** What the cluster holds of the exchange, read once. */
export interface Observed {
  /** One per release, and the edge. */
  readonly deployments: readonly RunningDeployment[];
  readonly routes: ReadonlyMap<string, Route>;
}

export async function observe(cluster: Cluster): Promise<Observed> {
  const [deployments, routes] = await Promise.all([
    cluster.list<Deployment>('apps/v1', 'Deployment', namespace, ownLabels),
    readRoutes(cluster),
  ]);
  return { deployments, routes };
}

/** The service and the version of a release's Deployment; undefined for others (the edge). */
export function releaseOf(
  deployment: RunningDeployment,
): { readonly service: string; readonly version: string } | undefined {
  const labels = deployment.metadata?.labels ?? {};
  const [service, version] = [labels['app.kubernetes.io/name'], labels['app.kubernetes.io/version']];
  if (!service || !version || deployment.metadata?.name !== releaseName(service, version)) return undefined;
  return { service, version };
}

/** The plan that the cluster's own objects say: which releases run, and the weights of the mesh route. */
export function planOf(observed: Observed): Plan {
  const plan: Record<string, Record<string, number>> = {};
  for (const deployment of observed.deployments) {
    const release = releaseOf(deployment);
    if (!release || deployment.metadata?.deletionTimestamp) continue;
    const route = observed.routes.get(release.service);
    const weights = route ? weightsOf(route) : {};
    const releases = plan[release.service] ?? {};
    plan[release.service] = releases;
    releases[release.version] = weights[releaseName(release.service, release.version)] ?? 0;
  }
  return plan;
}

/** Names of the releases that have no weight before and after: what becomes of their Pods is nothing that a change of the plan waits for. */
export function idleReleases(before: Plan, after: Plan): ReadonlySet<string> {
  const names = Object.entries(before).flatMap(([service, releases]) =>
    Object.entries(releases)
      .filter(([version, weight]) => weight === 0 && after[service]?.[version] === 0)
      .map(([version]) => releaseName(service, version)),
  );
  return new Set(names);
}

/** The plan of what runs now. Fails when nothing does. */
export async function currentPlan(cluster: Cluster): Promise<Plan> {
  const plan = planOf(await observe(cluster));
  if (Object.keys(plan).length > 0) return plan;
  throw new Failure('NotRunning', 'no release runs', { hint: 'Type: parley up' });
}

/** What runs already, and the default for services that do not. A service none of whose releases has weight gets the default too. */
export function completePlan(running: Plan, defaults: Plan): Plan {
  return Object.fromEntries(
    Object.entries(defaults).map(([service, fallback]) => {
      const releases = running[service] ?? {};
      const hasTraffic = Object.values(releases).some((weight) => weight > 0);
      return [service, hasTraffic ? releases : { ...releases, ...fallback }];
    }),
  );
}
