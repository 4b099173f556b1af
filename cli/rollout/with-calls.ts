import { join } from 'node:path';
import { readCatalogue } from '../../charts/catalogue.ts';
import { callsOf } from '../../rollout/calls/calls-of.ts';
import { defaults } from '../../rollout/resource/defaults.ts';
import type { RolloutSpec } from '../../rollout/resource/rollout.ts';
import type { Cluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { Failure } from '../failure.ts';
import { currentPlan } from '../plan.ts';
import { requireRelease } from './known-release.ts';

/** So many calls a second find one wrong answer in twenty within ten seconds a stage. */
const bodyCallsRate = 40;

/**
 * The rollout with the calls that the catalogue knows of the service: the candidate answers each of them before anybody else's, and with
 * `bodies` also while it is judged. Fails when bodies are to be looked at and the catalogue knows no call.
 */
export async function withCalls(
  context: CommandContext,
  cluster: Cluster,
  spec: RolloutSpec,
  { bodies }: { readonly bodies: boolean },
): Promise<RolloutSpec> {
  const { service, candidate } = spec;
  requireRelease(context, service, candidate);
  const known = readCatalogue(join(context.repo, 'services')).find(({ name }) => name === service);
  const weights = (await currentPlan(cluster))[service] ?? {};
  const [stable] = Object.entries(weights).sort(([, a], [, b]) => b - a)[0] ?? [candidate];
  const calls = known && callsOf(known, [stable, candidate]);
  if (!calls) {
    if (!bodies) return spec;
    throw new Failure('NoCalls', `the catalogue knows no call that ${stable} and ${candidate} of ${service} answer`, {
      hint: 'Write some in a file: parley rollout start -f rollout.yaml   (kubectl explain rollouts.spec.calls)',
    });
  }
  if (!bodies) return { ...spec, calls };
  const checks = [...(spec.checks ?? defaults.checks), { name: 'answers', body: {} }];
  return { ...spec, checks, calls: { ...calls, rate: bodyCallsRate } };
}
