import { observabilityParts } from '../../observability/names.ts';
import type { Command, CommandContext } from '../command.ts';
import type { BoardName } from '../dashboard.ts';
import { Failure, usageFailure } from '../failure.ts';
import { writeDocument } from '../output/document.ts';
import { stateFolder } from '../state-folder.ts';
import { oneOf } from '../suggest.ts';
import { readRecord } from '../target/record.ts';

export const dashboard: Command = {
  name: 'dashboard',
  summary: 'opens a port to Grafana, Jaeger or Prometheus and prints its address; until Ctrl-C',
  args: [{ name: '<which>', description: 'grafana, jaeger or prometheus' }],
  options: [
    { flags: '--port <port>', description: 'port of this machine (default: a free one)' },
    { flags: '--timeout <duration>', description: 'how long to wait until it answers', default: '60s' },
  ],
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley dashboard grafana', what: 'prints the address of each dashboard' },
    { line: 'parley dashboard jaeger --port 16686', what: 'traces, at a port of your choice' },
  ],
  async run(context, invocation) {
    const { boardNames, serveDashboard } = await import('../dashboard.ts');
    const { parseDuration } = await import('../duration.ts');
    const [typed = ''] = invocation.args;
    const board = oneOf(typed, boardNames, 'dashboard');
    const localPort = portOf(invocation.text('port'));
    const timeoutMs = parseDuration(invocation.text('timeout') ?? '60s', '--timeout');
    await requireObservability(context, board);
    const { openCluster } = await import('../cluster.ts');
    const cluster = await openCluster(stateFolder(context).kubeconfig);
    const options = { timeoutMs, ...(localPort === undefined ? {} : { localPort }) };
    await serveDashboard(context, cluster, board, options, async (url) => {
      if (invocation.output !== 'text') await writeDocument(context.stdout, invocation.output, 'Dashboard', { url });
      else context.stdout.write(await screen(board, url));
    });
    return 'ok';
  },
};

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw usageFailure(`--port ${text}: not a port.`, 'Write for example --port 3000');
}

/** The embedded cluster runs the exchange alone. */
async function requireObservability(context: CommandContext, board: BoardName): Promise<void> {
  const { whatRuns } = await import('../target/what-runs.ts');
  const target = await whatRuns(context);
  if (!target.running) throw new Failure('NotRunning', `nothing runs: ${target.reason}`, { hint: 'Type: parley up' });
  const parts = readRecord(stateFolder(context))?.observability;
  if (parts && !parts.includes(board)) {
    const running = parts.length > 0 ? `runs ${parts.join(', ')}` : 'runs no part of it';
    throw new Failure('NoDashboard', `${board} is not part of this cluster's observability, which ${running}`, {
      hint: `Type: parley up --observability ${[...parts, board].join(',')}   (or, for all of it: ${observabilityParts.join(',')})`,
    });
  }
  if (target.name !== 'embedded') return;
  throw new Failure('NoDashboard', `there is no ${board} in the embedded cluster`, {
    hint: 'Type: parley status, parley edges, parley logs; spans go to a collector of your own: OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 parley up   (with Docker and kind: parley up --target kind has all three)',
  });
}

async function screen(board: BoardName, url: string): Promise<string> {
  const lines = [`${board}  ${url}`];
  if (board === 'grafana') {
    const { dashboards } = await import('../../observability/dashboards/dashboards.ts');
    // Addresses and titles are the same for every mesh.
    const all = dashboards({ mesh: 'istio', meshMetrics: 'standard' });
    const width = Math.max(...all.map(({ title }) => title.length));
    lines.push(...all.map(({ uid, title }) => `  ${title.padEnd(width)}  ${url}/d/${uid}`));
  }
  return `${[...lines, 'Ctrl-C ends it'].join('\n')}\n`;
}
