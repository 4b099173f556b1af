import { loadavg } from 'node:os';
import { quantile, summarize } from '../measure/summary.ts';
import { openMany } from '../rollouts/many.ts';
import type { Measurement, Row, RowContext, RowResult } from '../row.ts';

const goals = { latenessMs: 50, cores: 0.25, growth: 1.1 } as const;
const settleMs = 5_000;
const windowMs = 10_000;

const services = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

export const rollouts: Row = {
  name: 'rollouts',
  title:
    'many rollouts at once in one controller: how late it looks at them, what it costs, what is left of finished ones',
  run: async (context) => {
    const [running, many, batch] = context.quick ? [100, 200, 100] : [1000, 10_000, 500];
    const load = loadavg()[0] ?? Number.NaN;
    const atOnce = await measureRunning(context, running);
    const memory = await measureFinished(context, many, batch);
    return {
      measurements: [...atOnce, memory],
      notes: [
        `load average of the machine when it began: ${load.toFixed(1)}`,
        'the API server and all that routes and Pods stand for run in another process; evidence costs nothing here',
      ],
    };
  },
};

const figure = (what: string, unit: string, name: string, rounds: readonly number[], bound?: number): Measurement => ({
  what,
  unit,
  measured: { name, summary: summarize(rounds) },
  goals: bound === undefined ? [] : [{ of: 'measured', bound: 'at most', value: bound }],
});

/** All of them are being judged, with requests, and none ends. */
async function measureRunning(context: RowContext, count: number): Promise<RowResult['measurements']> {
  await using many = await openMany(context, 10);
  const names = services('r', count);
  many.deploy(names);
  await many.reach(names, 'Analysing', { strategy: { canary: { steps: [{ weight: 10, minDuration: '1h' }] } } });
  await context.clock.sleep(settleMs, context.signal);
  const [late, cores]: [number[], number[]] = [[], []];
  let before = await many.figures();
  for (let round = 0; round < context.rounds; round += 1) {
    const beganMs = context.clock.now();
    await context.clock.sleep(windowMs, context.signal);
    const now = await many.figures();
    late.push(quantile(now.latenessMs, 0.99));
    cores.push((now.cpuMs - before.cpuMs) / (context.clock.now() - beganMs));
    before = now;
  }
  const name = `${count} rollouts at once`;
  return [
    figure('p99 lateness of a look', 'ms', name, late, goals.latenessMs),
    figure('CPU of the controller', 'cores', name, cores, goals.cores),
  ];
}

/** Heap after garbage collection: after the first tenth of finished rollouts against after all of them. */
async function measureFinished(context: RowContext, count: number, batch: number): Promise<Measurement> {
  await using many = await openMany(context, 5000);
  const heap: number[] = [];
  const first = Math.max(batch, count / 10);
  let early = 0;
  for (let done = 0; done < count; done += batch) {
    context.say(`rollouts: ${done} of ${count} finished`);
    const names = services(`f${done}x`, batch);
    many.deploy(names);
    await many.reach(names, 'Promoted', { strategy: { blueGreen: {} } });
    await many.remove(names);
    heap.push((await many.figures()).heapMb);
    if (done + batch === first) early = heap.at(-1) ?? 0;
  }
  const last = heap.at(-1) ?? 0;
  return {
    what: 'heap after many finished rollouts',
    unit: 'MB',
    measured: { name: `${count} finished`, summary: summarize([last]) },
    against: { name: `${first} finished`, summary: summarize([early]) },
    ratio: summarize([last / early]),
    goals: [{ of: 'ratio', bound: 'at most', value: goals.growth }],
  };
}
