import type { Ledger } from '../../install/ledger.ts';
import type { Cluster } from '../cluster.ts';
import { Failure } from '../failure.ts';
import { heldServices } from '../rollout/held.ts';
import type { Settings } from '../target/settings.ts';

/** Refuses to take the controller away while an attempt is at work: its weights would stay as they are, and nobody could change them. */
export async function requireIdleRollouts(
  cluster: Pick<Cluster, 'list'>,
  { rollouts }: Pick<Settings, 'rollouts'>,
  ledger: Pick<Ledger, 'state'>,
): Promise<void> {
  if (rollouts || ledger.state('rollouts') === undefined) return;
  const [held] = (await heldServices(cluster)).values();
  if (!held) return;
  throw new Failure('RolloutRuns', `${held.service} is in a rollout (attempt ${held.attempt}, ${held.candidate})`, {
    hint: `Type: parley rollout abort ${held.service}   (or wait: parley rollout status ${held.service} --watch)`,
  });
}
