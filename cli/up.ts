import { join } from 'node:path';
import { readCatalogue } from '../charts/catalogue.ts';
import { defaultPlan } from '../charts/plan.ts';
import { applyAll } from './apply/apply.ts';
import { carryOut, waitForReleases, waitForRoutes } from './carry-out.ts';
import { type Cluster, openCluster } from './cluster.ts';
import type { CommandContext } from './command.ts';
import { Failure, interrupted } from './failure.ts';
import { completePlan, observe, planOf } from './plan.ts';
import { type RenderChoices, rememberChoices, renderPlan } from './rendering.ts';
import { makeMissingSecrets } from './secrets.ts';
import { stateFolder } from './state-folder.ts';
import type { Target, TargetRequest } from './target/target.ts';

export interface UpResult {
  readonly edge: { readonly http: string; readonly https: string; readonly authority: string };
  readonly changed: readonly { readonly kind: string; readonly name: string; readonly result: string }[];
}

/**
 * Check, bundle, daemon, secrets, objects, and then waits until every conversation has answered through the sidecars.
 * An interrupted call ends what it started, and leaves alone what ran before it.
 */
export async function bringUp(target: Target, request: TargetRequest, choices: RenderChoices): Promise<UpResult> {
  const { context, progress } = request;
  let started = false;
  try {
    await progress.step('machine', () => target.check(request));
    await progress.step('releases built', buildReleases, (count) => (count > 0 ? `${count} bundled` : 'unchanged'));
    const place = await progress.step(
      'cluster',
      () => target.start(request),
      ({ where }) => where,
    );
    started = place.started;
    return await bringObjects(request, choices);
  } catch (error) {
    if (!context.signal.aborted) throw error;
    if (started) await progress.step('interrupted: ending what this call started', () => target.stop(context));
    throw interrupted();
  }
}

async function bringObjects(request: TargetRequest, choices: RenderChoices): Promise<UpResult> {
  const { context, progress, timeoutMs } = request;
  const cluster = await openCluster(stateFolder(context).kubeconfig);
  const running = planOf(await observe(cluster));
  const plan = completePlan(running, defaultPlan(readCatalogue(join(context.repo, 'services'))));
  await progress.step(
    'secrets',
    () => prepareNamespace(cluster, context, plan, choices),
    (made) => (made.length > 0 ? `made ${made.join(', ')}` : 'all there'),
  );
  const done = await progress.step(
    'objects',
    () => carryOut(cluster, plan, choices),
    ({ applied }) => {
      const changed = applied.filter(({ result }) => result !== 'unchanged').length;
      return `${applied.length}, ${changed} changed`;
    },
  );
  await rememberChoices(cluster, choices);
  ensureNotInterrupted(context);
  await progress.step('releases ready', (say) => waitForReleases(context, cluster, { timeoutMs, say }));
  await progress.step('routes in force', (say) => waitForRoutes(context, cluster, { timeoutMs, say }));
  const { openConversation } = await import('./edge.ts');
  const { waitForAnswers } = await import('./conversations/conversations.ts');
  const conversation = await openConversation(context);
  await progress.step('conversations answer', (say) => waitForAnswers(context, conversation, timeoutMs, say));
  const changed = done.applied.filter(({ result }) => result !== 'unchanged');
  return {
    edge: {
      http: conversation.edge.http,
      https: conversation.edge.https,
      authority: stateFolder(context).edgeAuthority,
    },
    changed: changed.map(({ kind, name, result }) => ({ kind, name, result })),
  };
}

/** Secrets live in the Namespace, which therefore comes before all other objects. */
async function prepareNamespace(
  cluster: Cluster,
  context: CommandContext,
  plan: Parameters<typeof renderPlan>[0],
  choices: RenderChoices,
): Promise<string[]> {
  const { objects } = await renderPlan(plan, choices);
  await applyAll(
    cluster,
    objects.filter(({ kind }) => kind === 'Namespace'),
  );
  return makeMissingSecrets(cluster, stateFolder(context).edgeAuthority, context.epochMs());
}

/** One bundle per release; what is built already costs nothing. */
async function buildReleases(): Promise<number> {
  const { bundle } = await import('../services/bundle.ts');
  const bundled = await bundle().catch((cause) => {
    throw new Failure('BundleFailed', 'the releases cannot be bundled', { cause, hint: 'Type: make typecheck' });
  });
  return bundled.filter(({ built }) => built).length;
}

function ensureNotInterrupted(context: CommandContext): void {
  if (context.signal.aborted) throw interrupted();
}
