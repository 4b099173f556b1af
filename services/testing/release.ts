import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpAnswer, HttpRequest } from '../kit/http-client.ts';
import { clientOf, providerUrls } from './exchange.ts';
import { until } from './wait.ts';

/** A release as it is deployed: its entry in a process of its own. */
export interface RunningRelease {
  /** Socket of PORT. */
  readonly socket: string;
  send(request: Omit<HttpRequest, 'timeoutMs' | 'operation'>): Promise<HttpAnswer>;
  admin(path: string): Promise<HttpAnswer>;
  /** Exit code, when it has ended. */
  readonly gone: Promise<number | null>;
  /** What it has said so far. */
  said(): string;
  /** Ends it by SIGTERM if it still runs. */
  stop(): Promise<number | null>;
}

/**
 * Starts `services/<service>/releases/<version>.ts` with its sockets in `folder`; ready when this resolves.
 * @param providers provider name and port -> socket.
 */
export async function startRelease(
  folder: string,
  service: string,
  version: string,
  providers: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): Promise<RunningRelease> {
  const sockets = join(folder, version);
  await mkdir(join(sockets, 'out'), { recursive: true });
  for (const [place, socket] of Object.entries(providers)) await symlink(socket, join(sockets, 'out', place));
  const entry = fileURLToPath(new URL(`../${service}/releases/${version}.ts`, import.meta.url));
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env.PATH, ...providerUrls(), PARLEY_SOCKETS: sockets, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  process.once('exit', () => child.kill('SIGKILL'));
  const gone = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  const socket = join(sockets, 'in/8080');
  const own = clientOf(socket);
  const admin = clientOf(join(sockets, 'in/9090'));
  const running: RunningRelease = {
    socket,
    send: (request) => own({ ...request, timeoutMs: 10_000, operation: request.path }),
    admin: (path) => admin({ path, timeoutMs: 10_000, operation: path }),
    gone,
    said: () => said,
    stop: () => {
      child.kill('SIGTERM');
      return gone;
    },
  };
  await until(
    `${service} ${version} is ready`,
    async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said}`);
      return (await running.admin('/readyz')).status === 200 || undefined;
    },
    30_000,
  );
  return running;
}
