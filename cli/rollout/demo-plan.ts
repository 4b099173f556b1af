import { addRelease, type Plan, removeRelease, setWeights } from '../../charts/plan.ts';
import type { Cluster } from '../cluster.ts';
import type { CommandContext, Invocation } from '../command.ts';
import { Failure } from '../failure.ts';
import { currentPlan } from '../plan.ts';
import { changePlan } from '../up/change-plan.ts';
import { askedOf } from './ask.ts';
import { awaitOutcome } from './await-rollout.ts';
import { isRunning } from './phase.ts';
import { readRollout, rolloutName } from './rollouts.ts';

export const demoService = 'accounts';

/** What ran before. */
export interface DemoPlan {
  readonly before: Plan[string];
}

/** The last one answers one request in five with an error. */
export const demoReleases = { stable: '1.4.0', good: '2.0.0', bad: '2.1.0-errors' } as const;
const { stable, good, bad } = demoReleases;

/** Puts the releases beside each other, ready, with all traffic on the stable one. Fails while the service is in a rollout. */
export async function prepareDemo(context: CommandContext, cluster: Cluster, timeoutMs: number): Promise<DemoPlan> {
  const running = await readRollout(cluster, demoService);
  if (running && isRunning(running.status)) {
    throw new Failure('RolloutRuns', `${demoService} is in a rollout (${running.status?.candidate})`, {
      hint: `Type: parley rollout abort ${demoService}`,
    });
  }
  const before = (await currentPlan(cluster))[demoService] ?? {};
  await changePlan(context, quiet(timeoutMs), demoService, (current, catalogue) => {
    const placed = [stable, good, bad].reduce(
      (sum, release) => addRelease(sum, catalogue, demoService, release),
      current,
    );
    return setWeights(placed, catalogue, demoService, { [stable]: 100 });
  });
  return { before };
}

/** All traffic back on the stable release, after a promotion. */
export async function onlyStable(context: CommandContext, timeoutMs: number): Promise<void> {
  await changePlan(context, quiet(timeoutMs), demoService, (current, catalogue) =>
    setWeights(current, catalogue, demoService, { [stable]: 100 }),
  );
}

/** Ends an attempt that a failure or Ctrl-C left at work, then releases and weights as they were. */
export async function leaveAsItWas(
  context: CommandContext,
  cluster: Cluster,
  { before }: DemoPlan,
  timeoutMs: number,
): Promise<void> {
  const rollout = await readRollout(cluster, demoService);
  if (rollout && isRunning(rollout.status)) {
    const { patch } = askedOf('abort', rollout);
    const change = { ...rolloutName(demoService), spec: patch };
    await cluster.merge(change);
    await awaitOutcome(context, cluster, demoService, { timeoutMs });
  }
  await changePlan(context, quiet(timeoutMs), demoService, (current, catalogue) => {
    const added = Object.keys(current[demoService] ?? {}).filter((release) => !(release in before));
    const weighted = setWeights(current, catalogue, demoService, before);
    return added.reduce((sum, release) => removeRelease(sum, demoService, release), weighted);
  });
}

/** A command line with nothing but a time. */
function quiet(timeoutMs: number): Invocation {
  const options: Readonly<Record<string, string>> = { timeout: `${timeoutMs}ms` };
  return { args: [], text: (name) => options[name], flag: () => false, output: 'text' };
}
