import { closeSync, openSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { files } from './resource.ts';

/** Longest path that fits a socket address on Linux, without the closing zero (unix(7)). */
const longestSocketPath = 107;

/** The admin interface of one Envoy (https://www.envoyproxy.io/docs/envoy/latest/operations/admin), by its Unix socket. */
export interface Admin {
  /** Body of the answer. Throws when nothing listens, when the answer is not 200, or after two seconds. */
  get(path: string): Promise<string>;
  /** The same for what changes something. */
  post(path: string): Promise<string>;
  /** Statistics whose names match; numbers and texts as they are written. */
  statistics(filter: string): Promise<Map<string, string>>;
  close(): void;
}

/** A folder far down in the file system is reached by its descriptor: the path of a socket is short. */
function socketPath(podDir: string): { readonly path: string; close(): void } {
  const path = join(podDir, files.admin);
  if (Buffer.byteLength(path) <= longestSocketPath) return { path, close: () => undefined };
  const fd = openSync(podDir, 'r');
  return { path: `/proc/self/fd/${fd}/${files.admin}`, close: () => closeSync(fd) };
}

/** @param keepAlive one connection for all questions: for whoever asks often. */
export function openAdmin(podDir: string, keepAlive = false): Admin {
  const socket = socketPath(podDir);
  const agent = keepAlive ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined;
  const ask = (method: 'GET' | 'POST', path: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const call = request(
      { socketPath: socket.path, method, path, timeout: 2000, agent: agent ?? false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(body);
          else
            reject(
              new Error(`${method} ${path} of the sidecar answered ${response.statusCode}: ${body.slice(0, 200)}`),
            );
        });
      },
    );
    call.on('timeout', () => call.destroy(new Error(`${method} ${path} of the sidecar: no answer in 2 s`)));
    call.on('error', reject);
    call.end();
    return promise;
  };
  const get = (path: string) => ask('GET', path);
  return {
    get,
    post: (path) => ask('POST', path),
    async statistics(filter) {
      const lines = (await get(`/stats?filter=${encodeURIComponent(filter)}`)).split('\n');
      return new Map(
        lines.flatMap((line) => {
          const at = line.indexOf(': ');
          return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 2).replace(/^"|"$/g, '')] as const];
        }),
      );
    },
    close() {
      agent?.destroy();
      socket.close();
    },
  };
}
