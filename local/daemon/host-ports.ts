import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../process/process-error.ts';
import { canBind } from './address-block.ts';
import { DaemonError } from './daemon-error.ts';

/** Throws when an address:port of the host is taken; names the process that has it, where that can be seen. */
export async function requireFree(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const colon = address.lastIndexOf(':');
    const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
    if (await canBind(host, port)) continue;
    const holder = holderOf(port);
    throw new DaemonError(
      'PortTaken',
      `port ${port} of ${host} is taken${holder ? ` by process ${holder.pid} (${holder.command})` : ''}`,
      `End that program, or choose other ports: PARLEY_HTTP_PORT=17080 PARLEY_HTTPS_PORT=17443 parley up`,
    );
  }
}

/** The process that listens on a TCP port; undefined when it belongs to another user. */
export function holderOf(port: number): { readonly pid: number; readonly command: string } | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (socketsOf(pid).some((inode) => inodes.has(inode))) {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 3).join(' ').trim();
      return { pid: Number(pid), command };
    }
  }
  return undefined;
}

/** Inodes of listening sockets on `port` (https://man7.org/linux/man-pages/man5/proc_net_tcp.5.html: state 0A is LISTEN). */
function listeningInodes(port: number): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1));
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return new Set(fields.filter((row) => row[3] === '0A' && row[1]?.endsWith(`:${wanted}`)).map((row) => row[9] ?? ''));
}

function socketsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const target = linkTarget(`/proc/${pid}/fd/${fd}`);
      return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
    });
  } catch (error) {
    if (['EACCES', 'EPERM', 'ENOENT', 'ESRCH'].includes(errnoOf(error) ?? '')) return [];
    throw error;
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // Closed since the folder was listed.
  }
}
