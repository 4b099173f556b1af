import type { Pod } from 'kubernetes-types/core/v1.js';
import { name, namespace } from '../../rollout/deploy/names.ts';
import type { Cluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import type { RunningDeployment } from '../plan.ts';
import { waitUntil } from '../wait.ts';
import { describeWaiting, unready, type WaitOptions } from './releases-ready.ts';

/** Waits until the controller of rollouts has the Pods it wants, ready; fails before the deadline when they do not get on. */
export function waitForController(
  context: CommandContext,
  cluster: Cluster,
  { timeoutMs, say }: WaitOptions,
): Promise<void> {
  const hint = `Type: kubectl -n ${namespace} logs deployment/${name}`;
  const since = new Map<string, number>();
  const look = async () => {
    const deployment = await cluster.read<RunningDeployment>({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
    });
    if (!deployment) return `Deployment ${name} is not there`;
    if (unready(deployment) === undefined) return undefined;
    const pods = await cluster.list<Pod>('v1', 'Pod', namespace);
    return describeWaiting([deployment], pods, since, context.clock.now(), namespace);
  };
  return waitUntil(context, 'rollouts ready', { timeoutMs, hint }, look, say);
}
