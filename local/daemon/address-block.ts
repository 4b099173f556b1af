import { createServer } from 'node:net';
import { errnoOf } from '../process/process-error.ts';
import { DaemonError } from './daemon-error.ts';

export const apiPort = 6443;

/** 127.0 is everyone's, 127.1 is a habit of people; the rest of 127.0.0.0/8 is free for clusters. */
const firstBlock = 70;
const blocks = 128;

/**
 * First two bytes of a free block 127.N.0.0/16. A block is free when 127.N.0.1:6443 can be bound, so two clusters never
 * share one; `preferred` (the block of the last run) is taken again when it is free.
 */
export async function chooseBlock(preferred: string | undefined): Promise<string> {
  const candidates = Array.from({ length: blocks }, (_, index) => `127.${firstBlock + index}`);
  for (const block of preferred ? [preferred, ...candidates] : candidates) {
    if (await canBind(`${block}.0.1`, apiPort)) return block;
  }
  throw new DaemonError(
    'NoAddresses',
    `no free address block: 127.N.0.1:${apiPort} is taken for every N from ${firstBlock} to ${firstBlock + blocks - 1}`,
    'End clusters that are not needed: parley down',
  );
}

/** Whether a TCP listener can be had there now. Throws for anything but `taken`, such as no loopback at all. */
export function canBind(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      const code = errnoOf(error);
      if (code === 'EADDRINUSE' || code === 'EACCES') resolve(false);
      else if (code === 'EADDRNOTAVAIL') reject(noLoopback(host, error));
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function noLoopback(host: string, cause: Error): DaemonError {
  return new DaemonError(
    'NoLoopback',
    `${host} is no address of this machine: the embedded cluster needs the whole of 127.0.0.0/8`,
    'On Linux it is there by itself; elsewhere use a Kubernetes cluster: parley up --target kind',
    cause,
  );
}
