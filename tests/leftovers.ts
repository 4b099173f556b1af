import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listeners, processesOf } from './processes.ts';

/** Where programs put things that outlive them without anyone naming a folder. */
interface SharedMemory {
  readonly files: readonly string[];
  readonly segments: readonly string[];
}

export interface Traces {
  /** Folder that holds the state folder, a home and a folder for temporary files. */
  readonly root: string;
  readonly home: string;
  /** Folders that must be empty at the end. */
  readonly untouched: readonly string[];
  /** First two bytes of the exchange's addresses (`127.70`), unknown when it never got that far. */
  readonly block: string | undefined;
  readonly hostPorts: readonly number[];
  readonly before: SharedMemory;
}

/** Everything that an ended exchange has left behind, one line each; empty is what it must be. */
export function leftovers(traces: Traces): string[] {
  const { root, untouched, block, hostPorts, before } = traces;
  const now = sharedMemory();
  return [
    ...processesOf(root).map(({ pid, command }) => `process ${pid}: ${command}`),
    ...listeners()
      .filter(
        ({ address, port }) =>
          (block && address.startsWith(`${block}.`)) || (isLoopback(address) && hostPorts.includes(port)),
      )
      .map(({ address, port }) => `listening: ${address}:${port}`),
    ...untouched.flatMap((folder) => filesIn(folder).map((file) => `file: ${join(folder, file)}`)),
    ...now.files
      .filter((file) => !before.files.includes(file) && !isMapped(file))
      .map((file) => `shared memory: ${file}`),
    ...now.segments
      .filter((id) => !before.segments.includes(id))
      .map((id) => `System V segment ${id} that nobody uses`),
  ];
}

/** POSIX shared memory, and the System V segments that no process is attached to. */
export function sharedMemory(): SharedMemory {
  const segments = readFileSync('/proc/sysvipc/shm', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 6 && fields[6] === '0')
    .map((fields) => fields[1] ?? '');
  return { files: filesIn('/dev/shm').map((file) => join('/dev/shm', file)), segments };
}

/** `127.70` of a cluster, from the address of its API server in the kubeconfig. */
export function addressBlock(kubeconfig: string): string | undefined {
  if (!existsSync(kubeconfig)) return undefined;
  return /server["']?: ["']?https:\/\/(127\.\d+)\.\d+\.\d+:/.exec(readFileSync(kubeconfig, 'utf8'))?.[1];
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '0.0.0.0';
}

/** Shared memory of another exchange that is running now is mapped by it. */
function isMapped(file: string): boolean {
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/maps`, 'utf8').includes(file);
    } catch {
      return false; // The process ended, so it maps nothing.
    }
  });
}
