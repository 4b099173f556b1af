import { closeSync, openSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { Container, Pod } from 'kubernetes-types/core/v1.js';
import type { PodSandbox } from '../sidecar/types.ts';
import type { Stored } from '../store/types.ts';

const longestSocketPath = 107;

/** Connects to a port of a Pod: by its Unix socket when its programs listen on those, else by TCP on the Pod's address. */
export function connectToPod(pod: Stored<Pod>, sandbox: PodSandbox, port: number, host?: string): net.Socket {
  const sockets = pod.metadata.annotations?.['parley.dev/sockets'] === 'true';
  if (host !== undefined || !sockets) return net.connect({ host: host ?? sandbox.ip, port });
  const file = path.join(sandbox.dir, 'in', String(port));
  if (Buffer.byteLength(file) <= longestSocketPath) return net.connect({ path: file });
  // A socket path holds 107 bytes: a deep clone is reached through an open folder.
  const folder = openSync(path.dirname(file), 'r');
  const socket = net.connect({ path: `/proc/self/fd/${folder}/${port}` });
  socket.once('close', () => closeSync(folder));
  return socket;
}

/** A port by number or by the name of a container port. Throws with the known names. */
export function portNumber(container: Container, port: number | string): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port);
  if (named !== undefined) return named.containerPort;
  const known = (container.ports ?? []).flatMap(({ name }) => name ?? []).join(', ') || 'none';
  throw new Error(`container ${container.name} has no port named "${port}"; named ports: ${known}`);
}
