import { join } from 'node:path';
import { readCatalogue } from '../../charts/catalogue.ts';
import { defaultPlan } from '../../charts/plan.ts';
import type { KubeObject } from '../../mesh/objects.ts';
import { grafanaSecret } from '../../observability/secrets.ts';
import { type Applied, applyAll } from '../apply/apply.ts';
import { type Cluster, openCluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { waitForAnswers } from '../conversations/conversations.ts';
import { openConversation } from '../edge.ts';
import { interrupted } from '../failure.ts';
import { completePlan, idleReleases, observe, planOf } from '../plan.ts';
import { type Rendered, rememberChoices, renderPlan } from '../rendering.ts';
import { namespace } from '../routes.ts';
import { makeGrafanaSecret, makeMissingSecrets } from '../secrets.ts';
import { stateFolder } from '../state-folder.ts';
import type { Target, TargetRequest } from '../target/target.ts';
import type { Addition } from './addition.ts';
import { type CarriedOut, carryOut } from './carry-out.ts';
import { waitForController } from './controller-ready.ts';
import { requireIdleRollouts } from './idle-rollouts.ts';
import { noteNamespace, takeNamespace } from './namespaces.ts';
import { waitForReleases } from './releases-ready.ts';
import { imagesIn, renderingOf } from './rendering-of.ts';
import { routesInForce } from './routes-in-force.ts';
import { requireSameStorage } from './same-storage.ts';
import type { StepLog } from './step-log.ts';
import { removeParts, unwantedParts } from './unwanted-parts.ts';

export interface UpResult {
  readonly edge: { readonly http: string; readonly https: string; readonly authority: string };
  readonly changed: readonly { readonly kind: string; readonly name: string; readonly result: string }[];
}

/**
 * Images into the nodes, secrets and objects, and then the wait until every conversation has answered through the sidecars.
 * What runs already keeps its releases and weights.
 *
 * @param images what images are called in the cluster, by the names of the charts; undefined: the target runs bundles
 */
export async function bringObjects(
  target: Target,
  request: TargetRequest,
  images: Readonly<Record<string, string>> | undefined,
  log: StepLog,
): Promise<UpResult> {
  const { context, settings, ledger } = request;
  const { timeoutMs } = settings;
  const cluster = await openCluster(stateFolder(context).kubeconfig);
  await requireIdleRollouts(cluster, settings, ledger);
  const running = planOf(await observe(cluster));
  const plan = completePlan(running, defaultPlan(readCatalogue(join(context.repo, 'services'))));
  const { choices, additions } = await renderingOf(target, context, settings, images);
  await requireSameStorage(cluster, choices.storage);
  const rendered = await renderPlan(plan, choices);
  const deliver = target.images?.deliver;
  if (deliver) {
    const wanted = [
      ...Object.values(images ?? {}),
      ...imagesIn([...additions.flatMap(({ objects }) => objects), ...rendered.objects]),
    ];
    await log.step(
      'images in the nodes',
      (say) => deliver(request, [...new Set(wanted)], say),
      (count) => ({ result: broughtImages(count), changed: (count ?? 0) > 0 }),
    );
  }
  ensureNotInterrupted(context);
  await takeNamespace(cluster, ledger, 'exchange', namespace);
  await log.step(
    'secrets',
    () => prepareNamespace(cluster, context, rendered),
    (made) => ({ result: made.length > 0 ? `made ${made.join(', ')}` : 'all there', changed: made.length > 0 }),
  );
  for (const addition of additions) await bringAddition(cluster, request, addition, log);
  const done = await log.step('objects', () => carryOut(cluster, rendered), countsOf);
  for (const addition of additions) await dropUnwanted(cluster, request, addition, log);
  await rememberChoices(cluster, choices);
  noteNamespace(ledger, 'exchange');
  ensureNotInterrupted(context);
  const looked = () => ({ result: 'all' });
  const idle = idleReleases(running, plan);
  await log.step('releases ready', (say) => waitForReleases(context, cluster, { timeoutMs, idle, say }), looked);
  if (choices.rollouts) {
    await log.step('rollouts ready', (say) => waitForController(context, cluster, { timeoutMs, say }), looked);
  }
  const { mesh } = choices;
  const inForce = { mesh, plan, timeoutMs };
  await log.step('routes in force', (say) => routesInForce(context, cluster, { ...inForce, say }), looked);
  const conversation = await openConversation(context);
  await log.step('conversations answer', (say) => waitForAnswers(context, conversation, timeoutMs, say), looked);
  const changed = done.applied.filter(({ result }) => result !== 'unchanged');
  const { http, https } = conversation.edge;
  return {
    edge: { http, https, authority: stateFolder(context).edgeAuthority },
    changed: changed.map(({ kind, name, result }) => ({ kind, name, result })),
  };
}

function broughtImages(count: number | undefined): string {
  if (count === undefined) return 'the nodes pull them';
  return count > 0 ? `${count} brought` : 'all there';
}

function countsOf({ applied, removed }: CarriedOut): { result: string; changed: boolean } {
  const changed = applied.filter(({ result }) => result !== 'unchanged').length;
  return {
    result: `${applied.length}, ${changed} changed${removed.length > 0 ? `, ${removed.length} removed` : ''}`,
    changed: changed + removed.length > 0,
  };
}

/** Nothing is done when nothing of it is wanted. */
async function bringAddition(
  cluster: Cluster,
  { ledger }: TargetRequest,
  { thing, namespace: own, objects }: Addition,
  log: StepLog,
): Promise<void> {
  if (objects.length === 0) return;
  await takeNamespace(cluster, ledger, thing, own);
  await log.step(thing, async () => ({ applied: await applyAddition(cluster, objects), removed: [] }), countsOf);
  noteNamespace(ledger, thing);
}

async function dropUnwanted(
  cluster: Cluster,
  { context, ledger, settings }: TargetRequest,
  addition: Addition,
  log: StepLog,
): Promise<void> {
  const unwanted = await unwantedParts(cluster, ledger, addition);
  if (unwanted.length === 0) return;
  const remove = () => removeParts(context, cluster, ledger, addition, unwanted, settings.timeoutMs);
  await log.step(`${addition.thing} not wanted`, async () => ({ applied: [], removed: await remove() }), countsOf);
}

/** Its Secrets before all that needs them. */
async function applyAddition(cluster: Cluster, objects: readonly KubeObject[]): Promise<Applied[]> {
  const [namespaces, others] = [true, false].map((is) => objects.filter(({ kind }) => (kind === 'Namespace') === is));
  const made = await applyAll(cluster, namespaces ?? []);
  if (objects.some(({ metadata }) => metadata.name === grafanaSecret.name)) await makeGrafanaSecret(cluster);
  return [...made, ...(await applyAll(cluster, others ?? []))];
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
