import { readFileSync } from 'node:fs';
import { EnvoyError } from './envoy-error.ts';

/**
 * Envoy opens one inotify instance for each file that it follows and aborts when there are none left: listeners,
 * clusters, routes, certificate. Each TCP port and each HTTPS listener of a gateway adds one.
 */
export const inotifyPerSidecar = 4;
/** For other programs of the same user. */
const reserve = 20;

/**
 * Throws EnvoyError when the kernel's limit of inotify instances is below what `sidecars` need.
 * @param limitFile where Linux tells the limit; a system without it has no such limit.
 */
export function checkInotify(sidecars: number, limitFile: string = '/proc/sys/fs/inotify/max_user_instances'): void {
  let text: string;
  try {
    text = readFileSync(limitFile, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw cause;
  }
  const limit = Number(text);
  const needed = sidecars * inotifyPerSidecar + reserve;
  if (limit >= needed) return;
  throw new EnvoyError(
    `fs.inotify.max_user_instances is ${limit}, ${sidecars} sidecars need ${needed}`,
    'type `sudo sysctl fs.inotify.max_user_instances=8192`',
  );
}
