import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { namespace, type TestWorld } from '../../rollout/controller/test-world.ts';

const repo = join(import.meta.dirname, '../..');

/** `node rollout/main.ts`, a process of its own. */
export interface ControllerProcess {
  readonly child: ChildProcess;
  /** What it logged. */
  readonly lines: string[];
  kill(): Promise<void>;
  /** As a cluster ends a Pod. Resolves to the exit code. */
  end(): Promise<number | null>;
}

/** A controller as a process of its own, which a test may kill. */
export function startController(options: {
  readonly dir: string;
  readonly api: string;
  readonly totals: string;
  readonly identity: string;
  readonly leaseSeconds?: number;
}): ControllerProcess {
  const { dir, api, totals, identity, leaseSeconds = 15 } = options;
  const kubeconfig = join(dir, `kubeconfig-${identity}`);
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigFor(api)));
  const args = [
    ...['--kubeconfig', kubeconfig, '--namespace', namespace, '--lease-namespace', namespace],
    ...['--identity', identity, '--lease-seconds', String(leaseSeconds), '--evidence', `totals=${totals}`],
  ];
  const child = spawn(process.execPath, [join(repo, 'rollout/main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => lines.push(String(text)));
  const gone = once(child, 'exit');
  const ended = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await gone;
  };
  return {
    child,
    lines,
    kill: () => ended('SIGKILL'),
    async end() {
      await ended('SIGTERM');
      return child.exitCode;
    },
  };
}

const kubeconfigFor = (server: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
  users: [{ name: 'test', user: {} }],
  contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  'current-context': 'test',
});

/**
 * A program that counts requests, as callers would: so many a second, spread by the weights that the routes have, of which those of
 * `failing` (names of Services) fail.
 */
export async function countingCallers(world: TestWorld, requestsPerSecond: number, failing: ReadonlySet<string>) {
  const counted = new Map<string, { requests: number; failures: number; lastMs: number }>();
  const server = createServer((ask, response) => {
    const query = new URL(ask.url ?? '', 'http://x').searchParams;
    const service = query.get('service') ?? '';
    const name = `${service}-${(query.get('release') ?? '').replaceAll('.', '-')}`;
    const weights = world.weights(service);
    const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    const now = performance.now();
    const { requests, failures, lastMs } = counted.get(name) ?? { requests: 0, failures: 0, lastMs: now };
    const more = ((requestsPerSecond * (now - lastMs)) / 1000) * (total > 0 ? (weights[name] ?? 0) / total : 0);
    const next = { requests: requests + more, failures: failures + (failing.has(name) ? more : 0), lastMs: now };
    counted.set(name, next);
    response.end(JSON.stringify({ requests: Math.floor(next.requests), failures: Math.floor(next.failures) }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/totals`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
