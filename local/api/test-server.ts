import { openClusterStore } from './cluster-store.ts';
import { startApiServer } from './server.ts';
import { type KeyPair, testAuthority } from './test-certificates.ts';
import type { LogOptions, LogSource, PodUsage } from './types.ts';

/** Lines of one container that the test owns; `follow` waits for more until the signal aborts. */
export interface TestLog extends LogSource {
  readonly asked: LogOptions[];
  append(line: string): void;
}

export function testLog(): TestLog {
  const lines: string[] = [];
  const asked: LogOptions[] = [];
  let wake: () => void = () => undefined;
  return {
    asked,
    append(line) {
      lines.push(line);
      wake();
    },
    async *open(_namespace, _pod, _container, options, signal) {
      asked.push(options);
      signal.addEventListener('abort', () => wake());
      for (let next = Math.max(0, lines.length - (options.tailLines ?? lines.length)); !signal.aborted; ) {
        const line = lines[next];
        if (line !== undefined) {
          next += 1;
          yield Buffer.from(`${line}\n`);
        } else if (options.follow) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else return;
      }
    },
  };
}

/** A real API server on loopback with a store in memory, and an admin's credentials. */
export async function testServer(
  options: { readonly host?: string; readonly port?: number; readonly file?: string } = {},
) {
  const host = options.host ?? '127.0.0.1';
  const authority = await testAuthority();
  const [server, admin] = await Promise.all([
    authority.issue('CN=api', { addresses: [host] }),
    authority.issue('CN=admin, O=system:masters'),
  ]);
  const { store, kinds } = openClusterStore({ file: options.file ?? ':memory:', clock: Date });
  const logs = testLog();
  const usage: PodUsage[] = [];
  const errors: unknown[] = [];
  const api = await startApiServer({
    store,
    kinds,
    clock: Date,
    host,
    port: options.port ?? 0,
    tls: { cert: server.cert, key: server.key, clientCa: authority.cert },
    logs,
    usage: { pods: () => usage },
    report: (error) => errors.push(error),
  });
  return {
    store,
    url: api.url,
    authority,
    admin,
    logs,
    usage,
    /** Errors that were answered with 500. */
    errors,
    async close() {
      await api.close();
      store.close();
    },
  };
}

/** A kubeconfig for a server of `testServer`, as kubectl reads it: JSON is YAML. */
export function kubeconfig(url: string, ca: string, user: KeyPair): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const cluster = { server: url, 'certificate-authority-data': base64(ca) };
  const credentials = { 'client-certificate-data': base64(user.cert), 'client-key-data': base64(user.key) };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'admin', user: credentials }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  });
}
