import { once } from 'node:events';
import { request } from 'undici';
import { namespace, type ObservabilityPart, ports } from '../observability/names.ts';
import type { Cluster } from './cluster.ts';
import type { CommandContext } from './command.ts';
import { messageOf } from './failure.ts';
import { podBehind } from './pod-behind.ts';
import { openPortForward } from './port-forward.ts';
import { waitUntil } from './wait.ts';

/** What has pages to look at, and the path that answers 200 once they are there. */
const boards = {
  grafana: { port: ports.grafana.web, ready: '/api/health' },
  jaeger: { port: ports.jaeger.query, ready: '/api/services' },
  prometheus: { port: ports.prometheus.web, ready: '/-/ready' },
} as const satisfies Partial<Record<ObservabilityPart, { readonly port: number; readonly ready: string }>>;
export type BoardName = keyof typeof boards;
export const boardNames = Object.keys(boards) as BoardName[];

export interface DashboardOptions {
  readonly localPort?: number;
  readonly timeoutMs: number;
}

/**
 * Keeps a port-forward to a part of the observability open until Ctrl-C; `show` gets its address once it answers. Fails when
 * the part does not run, and with exit 4 when it does not answer in time.
 */
export async function serveDashboard(
  context: CommandContext,
  cluster: Cluster,
  board: BoardName,
  { localPort, timeoutMs }: DashboardOptions,
  show: (url: string) => Promise<void>,
): Promise<void> {
  const { port, ready } = boards[board];
  const pod = (await podBehind(cluster, namespace, board)).metadata?.name ?? '';
  const forward = await openPortForward(
    cluster.kubeConfig,
    { namespace, pod, port },
    { localPort, onTrouble: (message) => context.stderr.write(`${board}: ${message}\n`) },
  );
  try {
    const url = `http://127.0.0.1:${forward.port}`;
    const hint = `Type: kubectl -n ${namespace} logs ${pod}`;
    await waitUntil(context, `${board} answers`, { timeoutMs, hint, pollMs: 250 }, () => unanswered(`${url}${ready}`));
    await show(url);
    if (!context.signal.aborted) await once(context.signal, 'abort');
  } finally {
    await forward.close();
  }
}

async function unanswered(url: string): Promise<string | undefined> {
  try {
    const { statusCode, body } = await request(url, { reset: true, headersTimeout: 5000, bodyTimeout: 5000 });
    await body.dump();
    return statusCode === 200 ? undefined : `status ${statusCode} of ${url}`;
  } catch (error) {
    return `${url}: ${messageOf(error)}`;
  }
}
