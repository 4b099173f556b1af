import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { OutboundPorts } from './outbound.ts';

/** Where the outbound listeners of Pods without Unix sockets are, on the Pod's address. */
export const outboundPortRange = { first: 20_000, last: 29_999 } as const;

/**
 * Ports on Pod addresses for programs without Unix sockets: one per `host:port` of a Service, given out in the order in
 * which they are first asked for and kept in `file`, because a running program has them in its environment.
 */
export function openOutboundPorts(file: string): OutboundPorts {
  let known: Record<string, number> = {};
  try {
    known = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new Error(`${file} cannot be read: ${(cause as Error).message}; delete it and start again`, { cause });
    }
  }
  let next = Math.max(outboundPortRange.first - 1, ...Object.values(known)) + 1;
  return (host, port) => {
    const key = `${host}:${port}`;
    const given = known[key];
    if (given !== undefined) return given;
    if (next > outboundPortRange.last)
      throw new Error(`no port left for ${key} in ${file}; delete it when no Pod runs`);
    known[key] = next;
    writeFileSync(`${file}.tmp`, JSON.stringify(known));
    renameSync(`${file}.tmp`, file);
    return next++;
  };
}
