import type { ClusterLedger } from '../../install/ledger.ts';
import type { Cluster, ObjectName } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { waitUntil } from '../wait.ts';
import type { Addition, Place } from './addition.ts';

const namespaceKind = 'Namespace';

/**
 * Objects of what runs beside the exchange that are not wanted any more; the Namespace, with all that is in it, only when nothing is. None when
 * this state folder did not make it: it may be another one's.
 */
export async function unwantedParts(
  cluster: Pick<Cluster, 'list'>,
  ledger: Pick<ClusterLedger, 'state'>,
  addition: Addition,
): Promise<ObjectName[]> {
  if (ledger.state(addition.thing) === undefined) return [];
  const places = await addition.places();
  const keep = new Set(addition.objects.map(keyOf));
  const found = await Promise.all(places.map((place) => objectsAt(cluster, place, addition.labels)));
  return found.flat().filter((object) => !keep.has(keyOf(object)));
}

async function objectsAt(
  cluster: Pick<Cluster, 'list'>,
  { apiVersion, kind, namespace }: Place,
  labels: Addition['labels'],
): Promise<ObjectName[]> {
  const listed = await cluster.list(apiVersion, kind, namespace ?? '', labels);
  return listed
    .filter(({ metadata }) => !metadata?.ownerReferences?.length)
    .map(({ metadata }) => ({
      ...{ apiVersion, kind },
      metadata: { name: metadata?.name ?? '', ...(namespace ? { namespace } : {}) },
    }));
}

function keyOf({ kind, metadata: { name, namespace = '' } }: ObjectName): string {
  return `${kind} ${namespace}/${name}`;
}

/** Deletes them, the Namespace last, and waits until that is gone; then nothing of it is noted any more. */
export async function removeParts(
  context: CommandContext,
  cluster: Cluster,
  ledger: ClusterLedger,
  { thing }: Pick<Addition, 'thing'>,
  unwanted: readonly ObjectName[],
  timeoutMs: number,
): Promise<string[]> {
  const removed: string[] = [];
  const namespaces = unwanted.filter(({ kind }) => kind === namespaceKind);
  for (const object of [...unwanted.filter((each) => !namespaces.includes(each)), ...namespaces]) {
    if (await cluster.remove(object)) removed.push(`${object.kind}/${object.metadata.name}`);
  }
  for (const object of namespaces) {
    const { name } = object.metadata;
    const deadline = { timeoutMs, hint: `Type: kubectl describe namespace ${name}` };
    const look = async () => ((await cluster.read(object)) ? 'it is still being deleted' : undefined);
    await waitUntil(context, `Namespace ${name} to be gone`, deadline, look);
    ledger.forget(thing);
  }
  return removed;
}
