import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One process of this machine as /proc shows it (https://man7.org/linux/man-pages/man5/proc.5.html). */
export interface Process {
  readonly pid: number;
  readonly command: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** All processes that can be looked into; one that ends meanwhile is left out, and so is a zombie. */
export function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => look(Number(pid)) ?? []);
}

/** Processes that belong to a state folder: by working directory, command line or environment. */
export function processesOf(folder: string): Process[] {
  return processes().filter(
    ({ pid, command, cwd, environment }) =>
      pid !== process.pid &&
      (`${cwd}/`.startsWith(`${folder}/`) ||
        command.includes(folder) ||
        Object.values(environment).some((value) => value.includes(folder))),
  );
}

function look(pid: number): Process | undefined {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0];
    if (state === 'Z' || state === 'X') return undefined;
    return {
      pid,
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim(),
      cwd: readlinkSync(`/proc/${pid}/cwd`),
      environment: Object.fromEntries(
        readFileSync(`/proc/${pid}/environ`, 'utf8')
          .split('\0')
          .filter((line) => line.includes('='))
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      ),
    };
  } catch {
    return undefined; // It ended between the listing and the look.
  }
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/** TCP sockets in state LISTEN, IPv4 and IPv6, in the whole network namespace. */
export function listeners(): Listener[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A')
      .map((fields) => {
        const [address = '', port = ''] = (fields[1] ?? '').split(':');
        return { address: dotted(address), port: Number.parseInt(port, 16), inode: fields[9] ?? '' };
      }),
  );
}

/** TCP ports that one process listens on. */
export function listenersOf(pid: number): Listener[] {
  const open = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const target = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`));
      if (target?.[1]) open.add(target[1]);
    } catch {
      // The descriptor was closed meanwhile, so it is no listener either.
    }
  }
  return listeners().filter(({ inode }) => open.has(inode));
}

/** /proc/net/tcp writes an address as one little-endian word, tcp6 as four; mapped IPv4 keeps its last word. */
function dotted(hex: string): string {
  const word = hex.slice(-8);
  const bytes = [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16));
  return hex.length === 8 || hex.startsWith('0000000000000000FFFF0000') ? bytes.join('.') : `[${hex}]`;
}
