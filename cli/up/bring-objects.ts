import { join } from 'node:path';
import { readCatalogue } from '../../charts/catalogue.ts';
import { defaultPlan } from '../../charts/plan.ts';
import { applyAll } from '../apply/apply.ts';
import { type Cluster, openCluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { waitForAnswers } from '../conversations/conversations.ts';
import { openConversation } from '../edge.ts';
import { interrupted } from '../failure.ts';
import { completePlan, observe, planOf } from '../plan.ts';
import { type RenderChoices, type Rendered, rememberChoices, renderPlan } from '../rendering.ts';
import { makeMissingSecrets } from '../secrets.ts';
import { stateFolder } from '../state-folder.ts';
import type { TargetRequest } from '../target/target.ts';
import { carryOut, waitForReleases, waitForRoutes } from './carry-out.ts';

export interface UpResult {
  readonly edge: { readonly http: string; readonly https: string; readonly authority: string };
  readonly changed: readonly { readonly kind: string; readonly name: string; readonly result: string }[];
}

/**
 * Secrets and objects, and then the wait until every conversation has answered through the sidecars. What runs already
 * keeps its releases and weights.
 */
export async function bringObjects(request: TargetRequest, choices: RenderChoices): Promise<UpResult> {
  const { context, progress, timeoutMs } = request;
  const cluster = await openCluster(stateFolder(context).kubeconfig);
  const running = planOf(await observe(cluster));
  const plan = completePlan(running, defaultPlan(readCatalogue(join(context.repo, 'services'))));
  const rendered = await renderPlan(plan, choices);
  await progress.step(
    'secrets',
    () => prepareNamespace(cluster, context, rendered),
    (made) => (made.length > 0 ? `made ${made.join(', ')}` : 'all there'),
  );
  const done = await progress.step(
    'objects',
    () => carryOut(cluster, rendered),
    ({ applied }) => {
      const changed = applied.filter(({ result }) => result !== 'unchanged').length;
      return `${applied.length}, ${changed} changed`;
    },
  );
  await rememberChoices(cluster, choices);
  ensureNotInterrupted(context);
  await progress.step('releases ready', (say) => waitForReleases(context, cluster, { timeoutMs, say }));
  await progress.step('routes in force', (say) => waitForRoutes(context, cluster, { timeoutMs, say }));
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
async function prepareNamespace(cluster: Cluster, context: CommandContext, { objects }: Rendered): Promise<string[]> {
  await applyAll(
    cluster,
    objects.filter(({ kind }) => kind === 'Namespace'),
  );
  const catalogue = readCatalogue(join(context.repo, 'services'));
  return makeMissingSecrets(cluster, catalogue, stateFolder(context).edgeAuthority, context.epochMs());
}

function ensureNotInterrupted(context: CommandContext): void {
  if (context.signal.aborted) throw interrupted();
}
