import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';

const mebibyte = 1024 * 1024;
/** A cluster of one node with Istio, the exchange and its observability. */
const wantedMemoryMb = 4096;
/** Each kubelet, containerd and log follower of a node has some; the default of many systems is 128. */
const wantedInotifyInstances = 512;

/** What of this machine may be too little for a cluster, in words; nothing of it keeps `up` from trying. */
export function laptopNotes(
  free: number = freemem(),
  limitFile: string = '/proc/sys/fs/inotify/max_user_instances',
): string[] {
  const freeMb = Math.floor(free / mebibyte);
  const limit = inotifyLimit(limitFile);
  return [
    ...(freeMb < wantedMemoryMb ? [`${freeMb} MB of memory are free, a cluster wants ${wantedMemoryMb} MB`] : []),
    ...(limit !== undefined && limit < wantedInotifyInstances
      ? [
          `fs.inotify.max_user_instances is ${limit}; if Pods end with "too many open files", type: sudo sysctl fs.inotify.max_user_instances=8192`,
        ]
      : []),
  ];
}

/** Undefined on a system without that limit. */
function inotifyLimit(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
