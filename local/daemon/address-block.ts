import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { errnoOf } from '../process/process-error.ts';
import { DaemonError } from './daemon-error.ts';

export const apiPort = 6443;

/** Held open for as long as a cluster lives: who has it has the block. */
const claimPort = 6442;

/** 127.0 is everyone's, 127.1 is a habit of people; the blocks above are free for clusters. */
const firstBlock = 16;
const blocks = 224;

export interface ClaimedBlock {
  /** First two bytes of its addresses: `127.70`. */
  readonly block: string;
  release(): Promise<void>;
}

/**
 * Claims a block 127.N.0.0/16 that no other cluster has. `preferred` (the block of the last run) comes first; a new state
 * folder begins to look at a place of its own, so that it stays off the Pods that a killed cluster left.
 */
export async function claimBlock(stateDir: string, preferred: string | undefined): Promise<ClaimedBlock> {
  const start = createHash('sha256').update(stateDir).digest().readUInt16BE();
  const candidates = Array.from({ length: blocks }, (_, index) => `127.${firstBlock + ((start + index) % blocks)}`);
  for (const block of preferred ? [preferred, ...candidates] : candidates) {
    const claim = await bind(`${block}.0.1`, claimPort);
    if (!claim) continue;
    const release = () => new Promise<void>((resolve) => claim.close(() => resolve()));
    if (await canBind(`${block}.0.1`, apiPort)) return { block, release };
    await release();
  }
  throw new DaemonError(
    'NoAddresses',
    `no free address block: 127.N.0.1:${apiPort} is taken for every N from ${firstBlock} to ${firstBlock + blocks - 1}`,
    'End clusters that are not needed: parley down',
  );
}

/** Whether a TCP listener can be had there now. Throws for anything but `taken`, such as no loopback at all. */
export async function canBind(host: string, port: number): Promise<boolean> {
  const server = await bind(host, port);
  if (!server) return false;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return true;
}

function bind(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => {
      const code = errnoOf(error);
      if (code === 'EADDRINUSE' || code === 'EACCES') resolve(undefined);
      else if (code === 'EADDRNOTAVAIL') reject(noLoopback(host, error));
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => resolve(server));
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
