import { join } from 'node:path';
import { type Catalogue, readCatalogue } from '../../charts/catalogue.ts';
import { addRelease, type Plan } from '../../charts/plan.ts';
import { type Cluster, openCluster } from '../cluster.ts';
import type { CommandContext, Invocation } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { Failure } from '../failure.ts';
import { writeDocument } from '../output/document.ts';
import { createProgress } from '../output/progress.ts';
import { currentPlan, idleReleases } from '../plan.ts';
import { choicesInForce, renderPlan } from '../rendering.ts';
import { stateFolder } from '../state-folder.ts';
import { didYouMean } from '../suggest.ts';
import { carryOut } from './carry-out.ts';
import { waitForReleases } from './releases-ready.ts';
import { routesInForce } from './routes-in-force.ts';
import { withUpLock } from './up-lock.ts';

type Change = (plan: Plan, catalogue: Catalogue) => Plan;

/**
 * Reads the plan, changes it, applies the difference, and returns the plan when it is in force. Waits for an `up` or another
 * change that is at work on the same state folder.
 *
 * @param allowed throws when the cluster as it is does not admit the change
 */
export async function changePlan(
  context: CommandContext,
  invocation: Invocation,
  service: string,
  change: Change,
  allowed: (cluster: Cluster) => Promise<void> = async () => {},
): Promise<Plan> {
  const timeoutMs = parseDuration(invocation.text('timeout') ?? '60s', '--timeout');
  requireService(context, service);
  return withUpLock(context, `a change of ${service}`, timeoutMs, () =>
    carryOutChange(context, invocation, { service, change, allowed, timeoutMs }),
  );
}

/**
 * Puts a release beside the others unless it runs, without waiting until it is ready.
 *
 * @returns whether it had to be put there
 */
export async function placeRelease(
  context: CommandContext,
  cluster: Cluster,
  service: string,
  version: string,
  timeoutMs: number,
): Promise<boolean> {
  const catalogue = readCatalogue(join(context.repo, 'services'));
  return withUpLock(context, `a change of ${service}`, timeoutMs, async () => {
    const plan = await currentPlan(cluster);
    if (version in (plan[service] ?? {})) return false;
    const wanted = addRelease(plan, catalogue, service, version);
    await carryOut(cluster, await renderPlan(wanted, await choicesInForce(cluster, context)));
    return true;
  });
}

/** Fails with the names of those that there are, and what was probably meant. */
export function requireService(context: Pick<CommandContext, 'repo'>, service: string): void {
  const catalogue = readCatalogue(join(context.repo, 'services'));
  const names = catalogue.map(({ name }) => name);
  if (!names.includes(service)) {
    throw new Failure('UnknownService', `${service}: unknown service.${didYouMean(service, names)}`, {
      hint: `Known: ${names.join(', ')}.`,
    });
  }
}

interface Wanted {
  readonly service: string;
  readonly change: Change;
  readonly allowed: (cluster: Cluster) => Promise<void>;
  readonly timeoutMs: number;
}

async function carryOutChange(
  context: CommandContext,
  invocation: Invocation,
  { service, change, allowed, timeoutMs }: Wanted,
): Promise<Plan> {
  const catalogue = readCatalogue(join(context.repo, 'services'));
  const cluster = await openCluster(stateFolder(context).kubeconfig);
  const progress = createProgress(context.stderr, context.env, context.clock);
  await allowed(cluster);
  const before = await currentPlan(cluster);
  const plan = change(before, catalogue);
  const idle = idleReleases(before, plan);
  const choices = await choicesInForce(cluster, context);
  const done = await progress.step(
    'objects',
    async () => carryOut(cluster, await renderPlan(plan, choices)),
    ({ applied, removed }) => {
      const changed = applied.filter(({ result }) => result !== 'unchanged').length;
      return `${changed} changed${removed.length > 0 ? `, ${removed.length} removed` : ''}`;
    },
  );
  await progress.step('releases ready', (say) => waitForReleases(context, cluster, { timeoutMs, service, idle, say }));
  const { mesh } = choices;
  await progress.step('routes in force', (say) =>
    routesInForce(context, cluster, { mesh, plan, timeoutMs, service, say }),
  );
  if (invocation.output !== 'text') {
    const changed = done.applied.filter(({ result }) => result !== 'unchanged');
    await writeDocument(context.stdout, invocation.output, 'Plan', {
      service,
      releases: plan[service] ?? {},
      changed: changed.map(({ kind, name, result }) => ({ kind, name, result })),
      removed: done.removed,
    });
  }
  return plan;
}
