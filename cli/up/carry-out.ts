import type { Plan } from '../../charts/plan.ts';
import { ownLabels } from '../../mesh/objects.ts';
import { type Applied, applyAll } from '../apply/apply.ts';
import type { Cluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { Failure } from '../failure.ts';
import { observe, planOf, type RunningDeployment, releaseOf } from '../plan.ts';
import type { Rendered } from '../rendering.ts';
import { namespace, programmed, readRoutes, refusedRoute } from '../routes.ts';
import { type Missing, waitUntil } from '../wait.ts';

export interface CarriedOut {
  readonly applied: readonly Applied[];
  readonly removed: readonly string[];
}

/** Brings the difference to the cluster; what is not rendered any more goes last. */
export async function carryOut(cluster: Cluster, rendered: Rendered): Promise<CarriedOut> {
  const applied = await applyAll(cluster, rendered.objects);
  return { applied, removed: await prune(cluster, rendered) };
}

/** Deletes objects of this kit that the rendering has no more: Deployments and Services of releases that were taken away. */
async function prune(cluster: Cluster, rendered: Rendered): Promise<string[]> {
  const wanted = new Set(rendered.objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const kinds = new Map(rendered.prunable.map((each) => [`${each.apiVersion} ${each.kind}`, each]));
  const removed: string[] = [];
  for (const { apiVersion, kind } of kinds.values()) {
    for (const { metadata } of await cluster.list(apiVersion, kind, namespace, ownLabels)) {
      const name = metadata?.name ?? '';
      if (wanted.has(`${kind}/${name}`) || metadata?.ownerReferences?.length) continue;
      if (await cluster.remove({ apiVersion, kind, metadata: { name, namespace } })) removed.push(`${kind}/${name}`);
    }
  }
  return removed;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Only this service. */
  readonly service?: string;
  readonly say?: (missing: string) => void;
}

/** Waits until every Deployment has the Pods it wants, ready, and of the newest template. */
export function waitForReleases(context: CommandContext, cluster: Cluster, options: WaitOptions): Promise<void> {
  const { timeoutMs, service, say } = options;
  const hint = `Type: parley logs${service ? ` ${service}` : ''}, kubectl -n ${namespace} describe pods`;
  return waitUntil(
    context,
    'releases ready',
    { timeoutMs, hint },
    async () => {
      const { deployments } = await observe(cluster);
      return deployments
        .filter((each) => !service || releaseOf(each)?.service === service)
        .map(unready)
        .find(Boolean);
    },
    say,
  );
}

/** Waits until the sidecars confirmed the routes as they are written now. Fails at once when one is refused. */
export function waitForRoutes(context: CommandContext, cluster: Cluster, options: WaitOptions): Promise<void> {
  const { timeoutMs, service, say } = options;
  return waitUntil(
    context,
    'routes in force',
    { timeoutMs, hint: `Type: kubectl -n ${namespace} describe httproutes,grpcroutes` },
    async () => {
      for (const [name, route] of await readRoutes(cluster)) {
        if (service && name !== service && name !== `edge-${service}`) continue;
        const state = programmed(route);
        if (state.state === 'refused') throw refusedRoute(name, state.why);
        if (state.state === 'pending') return `${name}: ${state.why}`;
      }
      return undefined;
    },
    say,
  );
}

/** The progress deadline also runs while a cluster is down: right after its start that says nothing yet. */
const stuckPatienceMs = 15_000;

/** Throws when a Deployment has given up (progressDeadlineSeconds) and does not come back to it. */
function failWhenStuck({ metadata, status }: RunningDeployment, since: Map<string, number>, nowMs: number): void {
  const name = metadata?.name ?? '';
  const stuck = status?.conditions?.find(({ type, status: value }) => type === 'Progressing' && value === 'False');
  if (!stuck) {
    since.delete(name);
    return;
  }
  const sinceMs = since.get(name) ?? nowMs;
  since.set(name, sinceMs);
  if (nowMs - sinceMs < stuckPatienceMs) return;
  throw new Failure('NotProgressing', `Deployment ${name} does not get on: ${stuck.message ?? stuck.reason}`, {
    hint: `Type: kubectl -n ${namespace} describe deployment ${name}`,
  });
}

/** What a Deployment still lacks. */
function unready(deployment: RunningDeployment): Missing {
  const { metadata, spec, status } = deployment;
  const name = metadata?.name ?? '';
  const wanted = spec?.replicas ?? 1;
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 1)) return `${name}: not yet looked at`;
  if ((status?.updatedReplicas ?? 0) < wanted) return `${name}: ${status?.updatedReplicas ?? 0} of ${wanted} Pods made`;
  const available = status?.availableReplicas ?? 0;
  return available < wanted ? `${name}: ${available} of ${wanted} Pods ready` : undefined;
}

/** The plan of what runs now. Fails when nothing does. */
export async function currentPlan(cluster: Cluster): Promise<Plan> {
  const plan = planOf(await observe(cluster));
  if (Object.keys(plan).length > 0) return plan;
  throw new Failure('NotRunning', 'no release runs', { hint: 'Type: parley up' });
}
