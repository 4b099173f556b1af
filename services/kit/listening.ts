import { existsSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { Failure } from './failure.ts';

/** Where a server listens: a Unix socket (path relative to the working directory) or a TCP port of an address. */
export type Place = { readonly socket: string } | { readonly host: string; readonly port: number };

/** The place for a port: `<sockets>/in/<port>` where programs listen on Unix sockets, else TCP on `host`. */
export function placeFor(port: number, host: string, sockets: string | undefined): Place {
  return sockets === undefined ? { host, port } : { socket: join(sockets, 'in', String(port)) };
}

/**
 * Listens. A socket file that an earlier process left is removed; the new one is for the owner only (0600).
 * @throws Failure `cannot-listen` when the port is taken or the folder cannot be written.
 */
export async function listen(server: Server, place: Place): Promise<void> {
  if ('socket' in place) {
    await mkdir(join(place.socket, '..'), { recursive: true, mode: 0o700 });
    if (existsSync(place.socket)) await rm(place.socket);
  }
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: Error) => reject(cannotListen(place, cause));
    server.once('error', refuse);
    const done = () => {
      server.off('error', refuse);
      resolve();
    };
    if ('socket' in place) server.listen(place.socket, done);
    else server.listen(place.port, place.host, done);
  });
  if ('socket' in place) await chmod(place.socket, 0o600);
}

function cannotListen(place: Place, cause: Error): Failure {
  const what = 'socket' in place ? place.socket : `${place.host}:${place.port}`;
  return new Failure(
    'cannot-listen',
    `cannot listen on ${what}: ${cause.message}`,
    'end the process that holds it, or set HOST, PORT and ADMIN_PORT',
    cause,
  );
}
