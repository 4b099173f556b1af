import { runningDaemon } from '../../local/daemon/record.ts';
import type { CommandContext } from '../command.ts';
import { hostPorts, stateFolder } from '../state-folder.ts';
import { readRecord } from './record.ts';

export interface HostAddresses {
  readonly http: string;
  readonly https: string;
}

/**
 * `address:port` of the edge on this machine: as the record says, else as the daemon does, else the ports that were asked for.
 * Undefined for a cluster whose edge has no port here.
 */
export function edgeAddresses(context: Pick<CommandContext, 'env' | 'repo'>): HostAddresses | undefined {
  const state = stateFolder(context);
  const record = readRecord(state);
  if (record?.hosts) return record.hosts;
  if (record?.target === 'context') return undefined;
  const daemon = runningDaemon(state.path);
  const ports = hostPorts(context.env);
  return {
    http: daemon?.hostPorts['8080'] ?? `127.0.0.1:${ports.http}`,
    https: daemon?.hostPorts['8443'] ?? `127.0.0.1:${ports.https}`,
  };
}
