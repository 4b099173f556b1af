import path from 'node:path';
import { request } from 'undici';
import { Failure } from '../../cli/failure.ts';
import { freePorts } from '../../local/daemon/free-ports.ts';
import { findEnvoy } from '../../local/envoy/find.ts';
import { type Connections, openConnections } from '../load/connections.ts';
import { type OpenLoop, startOpenLoop } from '../load/open-loop.ts';
import type { Subject } from '../measure/interleave.ts';
import { quantile } from '../measure/summary.ts';
import { cpuMs, nodeProgram, startProgram, until } from '../programs.ts';
import type { RowContext } from '../row.ts';
import { answers, type Pair, type PairOptions } from './pair.ts';

/** What the load is: the same for every subject. */
export const load = { rps: 1000, connections: 16 } as const;

/** One round of one subject. */
export interface Sample {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the proxies alone. */
  readonly cpuMsPer1000: number;
  /** What reached the collector because of this round, late ones included. */
  readonly spansPer1000: number;
  /** How late the generator itself sent, 99th percentile: what of the latency is its own. */
  readonly lateP99Ms: number;
}

/** The application, the collector and the load generator that all subjects share. */
export interface Rig extends AsyncDisposable {
  readonly envoy: string;
  /** Unix socket of the application. */
  readonly appSocket: string;
  /** Starts a pair in front of the application; `name` is that of the subject. */
  add(name: string, start: (options: Omit<PairOptions, 'variant'>) => Promise<Pair>): Promise<Subject<Sample>>;
  /** The application itself. */
  direct(): Subject<Sample>;
  /** Spans that the collector has got so far. */
  spans(): Promise<number>;
}

/** The Envoy that Parley would take, without downloading one. */
export async function envoyProgram({ env }: RowContext): Promise<string> {
  const home = env.PARLEY_HOME ?? path.join(import.meta.dirname, '..', '..', '.parley');
  return (await findEnvoy({ env, toolsDir: path.join(home, 'tools'), download: false })).path;
}

/** A collector of traces that counts. */
export async function startCollector(dir: string, stack: AsyncDisposableStack, context: RowContext) {
  const [http = 0, grpc = 0] = await freePorts(2);
  const program = startProgram({
    name: 'collector',
    dir,
    argv: nodeProgram('load/collector.ts', String(http), String(grpc)),
  });
  stack.use(program);
  const spans = async () => Number(await (await request(`http://127.0.0.1:${http}/count`)).body.text());
  await until('the collector', 10_000, context.clock, spans);
  return { http, spans };
}

/** Starts what all subjects share. `dir` is short: Unix sockets lie below it. */
export async function startRig(dir: string, context: RowContext): Promise<Rig> {
  await using stack = new AsyncDisposableStack();
  const envoy = await envoyProgram(context);
  const appSocket = path.join(dir, 'app', 'app.sock');
  const app = stack.use(
    startProgram({ name: 'app', dir: path.dirname(appSocket), argv: nodeProgram('load/app.ts', appSocket) }),
  );
  await answers('the application', { socket: appSocket, host: 'app' }, context, app.log);
  const collector = await startCollector(path.join(dir, 'collector'), stack, context);
  const loop = await startOpenLoop();
  stack.defer(loop.close);
  const running = stack.move();
  let started = 0;
  const subject = (name: string, target: Pair['target'], pids: readonly number[]) => {
    const connections = openConnections(target, load.connections);
    running.defer(connections.close);
    return { name, measure: () => calmSample(name, { connections, loop, pids, spans: collector.spans }, context) };
  };
  return {
    envoy,
    appSocket,
    spans: collector.spans,
    direct: () => subject('direct', { socket: appSocket, host: 'app' }, []),
    add: async (name, start) => {
      started += 1;
      const pair = running.use(await start({ dir: path.join(dir, String(started)), appSocket, collector, context }));
      return subject(name, pair.target, pair.pids);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

interface Measured {
  readonly connections: Connections;
  readonly loop: OpenLoop;
  readonly pids: readonly number[];
  readonly spans: () => Promise<number>;
}

const warmUpMs = 200;
const calmLateMs = 1;
const attempts = 3;

/** Whether the machine left the generator alone, so that the latencies are those of the subject. */
export function isCalm(sample: Sample): boolean {
  return sample.lateP99Ms <= calmLateMs;
}

/** A sample of a calm moment; after three attempts on a busy machine the least disturbed of them. */
async function calmSample(name: string, measured: Measured, context: RowContext): Promise<Sample> {
  let best = await sample(name, measured, context);
  for (let attempt = 1; attempt < attempts && !isCalm(best); attempt++) {
    const next = await sample(name, measured, context);
    if (next.lateP99Ms < best.lateP99Ms) best = next;
  }
  return best;
}

async function sample(
  name: string,
  { connections, loop, pids, spans }: Measured,
  { quick, clock }: RowContext,
): Promise<Sample> {
  await loop.run(connections, load.rps, warmUpMs);
  const spansBefore = await settled(spans, clock);
  const before = cpuMs(pids);
  const { latenciesMs, lateMs, failures } = await loop.run(connections, load.rps, quick ? 500 : 1_000);
  const cpu = cpuMs(pids) - before;
  if (failures.length > 0) {
    throw new Failure(
      'RequestsFailed',
      `${name}: ${failures.length} of ${latenciesMs.length} requests failed, the first with: ${failures[0]}`,
    );
  }
  return {
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    cpuMsPer1000: (cpu * 1000) / latenciesMs.length,
    spansPer1000: (((await settled(spans, clock)) - spansBefore) * 1000) / latenciesMs.length,
    lateP99Ms: quantile(lateMs, 0.99),
  };
}

const quietMs = 250;
const settleWithinMs = 10_000;

/** The count once no more spans come: what the collector still works on would slow down whatever is measured next. */
async function settled(spans: () => Promise<number>, clock: RowContext['clock']): Promise<number> {
  const deadline = clock.now() + settleWithinMs;
  let count = await spans();
  for (;;) {
    await clock.sleep(quietMs);
    const next = await spans();
    if (next === count || clock.now() >= deadline) return next;
    count = next;
  }
}
