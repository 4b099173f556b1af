import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterLedger } from '../../install/ledger.ts';
import type { Differences } from '../apply/difference.ts';
import { openCluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { createProgress } from '../output/progress.ts';
import { stateFolder } from '../state-folder.ts';
import { identityIn, readRecord, requireClaimable, type TargetRecord } from '../target/record.ts';
import type { Settings } from '../target/settings.ts';
import type { Target } from '../target/target.ts';
import { differences } from './differences.ts';

/** What `up` would change, seen without claiming the state folder: the access to a cluster of others is copied to a place that is gone afterwards. */
export async function lookWithout(target: Target, context: CommandContext, settings: Settings): Promise<Differences> {
  const state = stateFolder(context);
  requireClaimable(context, target.describe(context, settings));
  const ledger = readOnly(readRecord(state));
  const progress = createProgress(context.stderr, context.env, context.clock);
  const look = async (wanted: Settings, kubeconfig: string) => {
    const steps = await target.steps({ context, progress, settings: wanted, ledger, kubeconfig });
    return differences(target, { context, settings: wanted, ledger }, steps, () => openCluster(kubeconfig));
  };
  if (!target.access) return look(settings, state.kubeconfig);
  const folder = mkdtempSync(join(tmpdir(), 'parley-diff-'));
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    return await look(await target.access(context, settings, kubeconfig), kubeconfig);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readOnly(record: TargetRecord | undefined): ClusterLedger {
  const nothing = () => {};
  const changes = { begin: nothing, finish: nothing, forget: nothing, identify: nothing };
  return { ...changes, state: (thing) => record?.made[thing], identity: () => identityIn(record) };
}
