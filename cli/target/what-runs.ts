import { existsSync } from 'node:fs';
import { runningDaemon } from '../../local/daemon/record.ts';
import type { CommandContext } from '../command.ts';
import type { ExchangeStatus } from '../exchange-status.ts';
import { messageOf } from '../failure.ts';
import { stateFolder } from '../state-folder.ts';
import { readRecord, titleOf } from './record.ts';

/** Which target this state folder belongs to, and whether its API server answers. */
export async function whatRuns(context: CommandContext): Promise<ExchangeStatus['target']> {
  const state = stateFolder(context);
  const record = readRecord(state);
  if (!record || record.target === 'embedded') {
    const daemon = runningDaemon(state.path);
    if (daemon) return { name: 'embedded', running: true, server: daemon.server };
    if (record) return { name: 'embedded', running: false, reason: 'no daemon serves its state folder' };
    return { name: 'none', running: false, reason: 'this state folder has no target' };
  }
  const name = record.target;
  if (!existsSync(state.kubeconfig)) return { name, running: false, reason: `${titleOf(record)} is not made yet` };
  const { openCluster } = await import('../cluster.ts');
  const cluster = await openCluster(state.kubeconfig);
  const server = cluster.kubeConfig.getCurrentCluster()?.server;
  try {
    await cluster.read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  } catch (error) {
    return { name, running: false, reason: `${titleOf(record)}: ${messageOf(error)}` };
  }
  return { name, running: true, ...(server ? { server } : {}) };
}
