import path from 'node:path';
import { Failure } from '../../cli/failure.ts';
import { closedLoop } from '../load/closed-loop.ts';
import { type Connections, openConnections } from '../load/connections.ts';
import { interleave } from '../measure/interleave.ts';
import { median, ratioOf, summarize } from '../measure/summary.ts';
import { cpuMs, nodeProgram, startProgram } from '../programs.ts';
import { answers } from '../proxies/pair.ts';
import { startCollector } from '../proxies/rig.ts';
import type { Row, RowContext } from '../row.ts';

const connectionCount = 32;
const warmUpMs = 1_500;
const flushMs = 2_500;

interface Round {
  readonly perSecond: number;
  readonly cpuMsPer1000: number;
  /** Of a core, by the service. */
  readonly busy: number;
  readonly answered: number;
}

export const serviceTracing: Row = {
  name: 'service-tracing',
  title: 'throughput of a service on services/kit with every request traced, against none',
  run: async (context) => {
    await using stack = new AsyncDisposableStack();
    const dir = path.join(context.dir, 'k');
    const collector = await startCollector(path.join(dir, 'collector'), stack, context);
    const endpoint = `http://127.0.0.1:${collector.http}`;
    const traced = await startService(
      path.join(dir, 'traced'),
      { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
      stack,
      context,
    );
    const untraced = await startService(path.join(dir, 'untraced'), {}, stack, context);
    for (const service of [traced, untraced]) await closedLoop(service.connections, warmUpMs);
    await context.clock.sleep(flushMs, context.signal);
    const before = await collector.spans();
    const subjects = [
      { name: 'traced', measure: () => saturate(traced, context) },
      { name: 'untraced', measure: () => saturate(untraced, context) },
    ];
    const results = await interleave(subjects, context.rounds, context.signal);
    await context.clock.sleep(flushMs, context.signal);
    const [on = [], off = []] = subjects.map(({ name }) => results.get(name));
    const requests = on.reduce((sum, round) => sum + round.answered, 0);
    const exported = ((await collector.spans()) - before) / requests;
    if (exported === 0) throw new Failure('NoSpans', 'the traced service exported no span');
    return { measurements: measurements(on, off), notes: notes(on, off, exported) };
  },
};

interface Service {
  readonly pid: number;
  readonly connections: Connections;
}

async function startService(
  dir: string,
  env: Readonly<Record<string, string>>,
  stack: AsyncDisposableStack,
  context: RowContext,
): Promise<Service> {
  const around = { PARLEY_SOCKETS: '.', LOG_LEVEL: 'warn', ...env };
  const program = stack.use(
    startProgram({ name: 'service', dir, argv: nodeProgram('load/kit-service.ts'), env: around }),
  );
  const target = { socket: path.join(dir, 'in', '8080'), host: 'bench:8080' };
  await answers('the service on services/kit', target, context, program.log);
  const connections = openConnections(target, connectionCount);
  stack.defer(connections.close);
  return { pid: program.pid, connections };
}

async function saturate({ pid, connections }: Service, { quick }: RowContext): Promise<Round> {
  const before = cpuMs([pid]);
  const { answered, elapsedMs, failures } = await closedLoop(connections, quick ? 1_000 : 3_000);
  const cpu = cpuMs([pid]) - before;
  if (failures.length > 0)
    throw new Failure('RequestsFailed', `${failures.length} requests failed, the first with: ${failures[0]}`);
  return {
    perSecond: (answered * 1000) / elapsedMs,
    cpuMsPer1000: (cpu * 1000) / answered,
    busy: cpu / elapsedMs,
    answered,
  };
}

function measurements(on: readonly Round[], off: readonly Round[]) {
  const compared = (
    what: string,
    unit: string,
    field: keyof Round,
    goals: readonly { readonly of: 'ratio'; readonly bound: 'at least'; readonly value: number }[],
  ) => {
    const [measured, against] = [on, off].map((rounds) => rounds.map((round) => round[field]));
    return {
      what,
      unit,
      measured: { name: 'traced', summary: summarize(measured ?? []) },
      against: { name: 'untraced', summary: summarize(against ?? []) },
      ratio: ratioOf(measured ?? [], against ?? []),
      goals,
    };
  };
  return [
    compared('throughput', 'requests/s', 'perSecond', [{ of: 'ratio', bound: 'at least', value: 0.85 }]),
    compared('CPU of the service', 'CPU ms per 1000 requests', 'cpuMsPer1000', []),
  ];
}

function notes(on: readonly Round[], off: readonly Round[], exported: number): string[] {
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  const busy = (rounds: readonly Round[]) => percent(median(rounds.map((round) => round.busy)));
  return [
    `the service used ${busy(on)} of a core traced, ${busy(off)} untraced; less than some 90 % means that something else was the limit`,
    `${percent(exported)} of the spans reached the collector; what is not exported in time is dropped by the SDK`,
  ];
}
