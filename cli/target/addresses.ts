import { runningDaemon } from '../../local/daemon/record.ts';
import type { CommandContext } from '../command.ts';
import { hostPorts, stateFolder } from '../state-folder.ts';
import { readRecord } from './record.ts';

/** `address:port` of the edge on this machine: as the record says, else as the daemon does, else the ports that were asked for. */
export function edgeAddresses(context: Pick<CommandContext, 'env' | 'repo'>): {
  readonly http: string;
  readonly https: string;
} {
  const state = stateFolder(context);
  const mapped = readRecord(state)?.hosts;
  if (mapped) return mapped;
  const daemon = runningDaemon(state.path);
  const ports = hostPorts(context.env);
  return {
    http: daemon?.hostPorts['8080'] ?? `127.0.0.1:${ports.http}`,
    https: daemon?.hostPorts['8443'] ?? `127.0.0.1:${ports.https}`,
  };
}
