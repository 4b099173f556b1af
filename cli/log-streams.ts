import { Writable } from 'node:stream';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { ownLabels } from '../mesh/objects.ts';
import type { Cluster, ClusterObject } from './cluster.ts';
import type { CommandContext } from './command.ts';
import { Failure } from './failure.ts';
import { type Colors, colorsFor } from './output/color.ts';
import { namespace } from './routes.ts';
import { didYouMean } from './suggest.ts';

export interface LogRequest {
  readonly service: string | undefined;
  readonly version: string | undefined;
  readonly tail: number;
  readonly follow: boolean;
  /** Lines as they are, without a prefix. */
  readonly json: boolean;
}

interface Source {
  readonly pod: string;
  readonly container: string;
}

const palette = ['cyan', 'yellow', 'magenta', 'green', 'blue', 'red'] as const;

/** Writes the logs of every container that is asked for, each line with an aligned prefix; with `follow` until the signal. */
export async function streamLogs(context: CommandContext, cluster: Cluster, request: LogRequest): Promise<void> {
  const pods = await cluster.list<Pod>('v1', 'Pod', namespace, ownLabels);
  const sources = pods.filter((pod) => matches(pod, request)).flatMap(containersOf);
  if (sources.length === 0) throw nothingToShow(pods, request);
  const width = Math.max(...sources.map(({ pod }) => pod.length));
  const colors = colorsFor(context.stdout, context.env);
  const { Log } = await import('@kubernetes/client-node');
  const log = new Log(cluster.kubeConfig);
  await Promise.all(
    sources.map(async (source, index) => {
      const prefix = request.json ? '' : prefixOf(source, width, colors, index);
      const lines = lineWriter((line) => context.stdout.write(`${prefix}${line}\n`));
      const options = { follow: request.follow, tailLines: request.tail };
      await log.log(namespace, source.pod, source.container, lines, options);
      await ended(lines, context.signal);
    }),
  );
}

function matches(pod: ClusterObject<Pod>, { service, version }: LogRequest): boolean {
  const labels = pod.metadata?.labels ?? {};
  if (service !== undefined && labels['app.kubernetes.io/name'] !== service) return false;
  return version === undefined || labels['app.kubernetes.io/version'] === version;
}

function containersOf(pod: ClusterObject<Pod>): Source[] {
  return (pod.spec?.containers ?? []).map(({ name }) => ({ pod: pod.metadata?.name ?? '', container: name }));
}

function prefixOf({ pod }: Source, width: number, colors: Colors, index: number): string {
  const paint = colors[palette[index % palette.length] ?? 'cyan'];
  return `${paint(pod.padEnd(width))} | `;
}

/** Splits what comes into whole lines; the last one may lack its end. */
export function lineWriter(write: (line: string) => void): Writable {
  let rest = '';
  const decoder = new TextDecoder();
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) write(line);
      done();
    },
    final(done) {
      if (rest) write(rest);
      done();
    },
  });
}

/** The answer is left to the end of the process: the client library lets nobody hear the error of one that is aborted. */
function ended(stream: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('finish', resolve);
    stream.once('close', resolve);
    stream.once('error', (error) => (signal.aborted ? resolve() : reject(error)));
    signal.addEventListener('abort', () => resolve());
  });
}

function nothingToShow(pods: readonly ClusterObject<Pod>[], { service, version }: LogRequest): Failure {
  const known = [...new Set(pods.flatMap(({ metadata }) => metadata?.labels?.['app.kubernetes.io/name'] ?? []))];
  const what = [service, version].filter(Boolean).join(' ') || 'the exchange';
  const meant = service ? didYouMean(service, known) : '';
  return new Failure('NoPods', `${what} has no Pods.${meant}`, {
    hint: known.length > 0 ? `With Pods: ${known.join(', ')}.` : 'Type: parley up',
  });
}
