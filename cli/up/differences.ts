import { join } from 'node:path';
import { readCatalogue } from '../../charts/catalogue.ts';
import { defaultPlan } from '../../charts/plan.ts';
import type { Step } from '../../install/step.ts';
import {
  changedFields,
  type Differences,
  differenceOf,
  type ObjectDifference,
  plainJson,
} from '../apply/difference.ts';
import type { Cluster, ObjectName } from '../cluster.ts';
import { completePlan, observe, planOf } from '../plan.ts';
import { renderPlan } from '../rendering.ts';
import { heldServices, isHeldRoute } from '../rollout/held.ts';
import type { Target, TargetRequest } from '../target/target.ts';
import { surplus } from './carry-out.ts';
import { renderingOf } from './rendering-of.ts';
import { requireSameStorage } from './same-storage.ts';
import { unwantedParts } from './unwanted-parts.ts';

/** Looks at everything that `up` brings about; nothing that is sent changes anything. Stops looking at steps where the cluster is not there. */
export async function differences(
  target: Target,
  { context, settings, ledger }: Pick<TargetRequest, 'context' | 'settings' | 'ledger'>,
  steps: readonly Step[],
  openCluster: () => Promise<Cluster>,
): Promise<Differences> {
  const looked = await lookAtAll(steps);
  const there = looked.find(({ title }) => title === 'cluster')?.found !== undefined;
  const cluster = there ? await openCluster() : undefined;
  const running = cluster ? planOf(await observe(cluster)) : {};
  const plan = completePlan(running, defaultPlan(readCatalogue(join(context.repo, 'services'))));
  const images = await target.images?.names(context, settings);
  const { choices, additions } = await renderingOf(target, context, settings, images);
  if (cluster) await requireSameStorage(cluster, choices.storage);
  const rendered = await renderPlan(plan, choices);
  const wanted: readonly ObjectName[] = [...additions.flatMap(({ objects }) => objects), ...rendered.objects];
  if (!cluster) return { steps: looked, objects: wanted.map((object) => named(object, 'created')) };
  const held = await heldServices(cluster);
  const compared = await Promise.all(
    wanted.map((object) => (isHeldRoute(object, held) ? named(object, 'unchanged') : compare(cluster, object))),
  );
  const unwanted = (await Promise.all(additions.map((each) => unwantedParts(cluster, ledger, each)))).flat();
  const removed = [...(await surplus(cluster, rendered)), ...unwanted].map((object) => named(object, 'removed'));
  return { steps: looked, objects: [...compared, ...removed] };
}

/** Whether there is anything that `up` would change. */
export function differs({ steps, objects }: Differences): boolean {
  return steps.some(({ found }) => found === undefined) || objects.some(({ result }) => result !== 'unchanged');
}

async function lookAtAll(steps: readonly Step[]): Promise<Differences['steps']> {
  const looked: { title: string; found?: string }[] = [];
  for (const { title, look } of steps) {
    const missingCluster = looked.some((each) => each.title === 'cluster' && each.found === undefined);
    const found = missingCluster ? undefined : await look();
    looked.push({ title, ...(found === undefined ? {} : { found }) });
  }
  return looked;
}

async function compare(cluster: Cluster, object: ObjectName): Promise<ObjectDifference> {
  const difference = await differenceOf(cluster, object);
  if (difference.result !== 'configured') return named(object, difference.result);
  return { ...named(object, 'configured'), fields: changedFields(difference.patch, plainJson(difference.live)) };
}

function named(
  { kind, metadata: { name, namespace } }: ObjectName,
  result: ObjectDifference['result'],
): ObjectDifference {
  return { kind, name, ...(namespace ? { namespace } : {}), result };
}
