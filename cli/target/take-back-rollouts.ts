import type { Site } from '../../install/site.ts';
import { type RolloutResource, rolloutKind } from '../../rollout/resource/rollout.ts';
import type { Cluster } from '../cluster.ts';
import { namespace } from '../routes.ts';

/** Time for a controller that lives to take back what its Rollouts did to the traffic. */
const patienceMs = 30_000;

/**
 * Deletes the Rollouts of the exchange while their controller lives, which lets each go when its traffic is taken back. What is left after that
 * time has no controller that would ever let it go: it is let go here, so that its namespace can be deleted.
 */
export async function takeBackRollouts(
  cluster: Pick<Cluster, 'list' | 'remove' | 'merge'>,
  { clock, signal }: Pick<Site, 'clock' | 'signal'>,
): Promise<void> {
  for (const rollout of await rolloutsIn(cluster)) await cluster.remove(rollout);
  const startedAt = clock.now();
  for (;;) {
    signal.throwIfAborted();
    const left = await rolloutsIn(cluster);
    if (left.length === 0) return;
    if (clock.now() - startedAt > patienceMs) return letGo(cluster, left);
    await clock.sleep(200, signal);
  }
}

/** Empty too when the cluster does not know the type. */
async function rolloutsIn(cluster: Pick<Cluster, 'list'>) {
  const { apiVersion, kind } = rolloutKind;
  const found = await cluster.list<Pick<RolloutResource, 'spec'>>(apiVersion, kind, namespace);
  return found.map(({ metadata }) => ({ apiVersion, kind, metadata: { name: metadata?.name ?? '', namespace } }));
}

async function letGo(cluster: Pick<Cluster, 'merge'>, left: Awaited<ReturnType<typeof rolloutsIn>>): Promise<void> {
  for (const { metadata, ...type } of left) {
    const freed = { ...type, metadata: { ...metadata, finalizers: null } };
    await cluster.merge(freed);
  }
}
