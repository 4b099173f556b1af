import path from 'node:path';
import { Failure } from '../../cli/failure.ts';
import { renderOptions } from '../../cli/rendering.ts';
import { interleave, type Subject } from '../measure/interleave.ts';
import { median, ratioOf, summarize } from '../measure/summary.ts';
import { startParley } from '../proxies/parley.ts';
import { type Sample, startRig } from '../proxies/rig.ts';
import type { Measurement, Row } from '../row.ts';

const shares = [100, 10, 1, 0] as const;
const passes = 3;
const off = 'no tracing';
const named = (percent: number) => `${percent} %`;

export const tracingSampling: Row = {
  name: 'tracing-sampling',
  title: 'what tracing by the sidecars costs at 100, 10, 1 and 0 % of the requests',
  run: async (context) => {
    await using rig = await startRig(path.join(context.dir, 't'), context);
    const subjects: Subject<Sample>[] = [
      await rig.add(off, (given) => startParley(rig.envoy, { ...given, variant: 'mTLS' })),
    ];
    for (const samplingPercent of shares) {
      const start = (given: Parameters<Parameters<typeof rig.add>[1]>[0]) =>
        startParley(rig.envoy, { ...given, variant: 'tracing 100 %', samplingPercent });
      subjects.push(await rig.add(named(samplingPercent), start));
    }
    const before = await rig.spans();
    const results = await interleave(subjects, context.rounds * passes, context.signal);
    if ((await rig.spans()) === before) throw new Failure('NoSpans', 'the collector got no span');
    requireSampled(results);
    return {
      measurements: shares.flatMap((percent) => costs(percent, results)),
      notes: [
        `spans per 1000 requests that reached the collector: ${spansSeen(results)}`,
        `Parley sets ${await defaultPercent()} % by default when there is a collector`,
      ],
    };
  },
};

function costs(percent: number, results: ReadonlyMap<string, readonly Sample[]>): Measurement[] {
  const readings = [
    { what: 'CPU', unit: 'CPU ms per 1000 requests', field: 'cpuMsPer1000' },
    { what: 'p50', unit: 'ms', field: 'p50Ms' },
    { what: 'p99', unit: 'ms', field: 'p99Ms' },
  ] as const;
  return readings.map(({ what, unit, field }) => {
    const [measured, against] = [named(percent), off].map((name) =>
      (results.get(name) ?? []).map((each) => each[field]),
    );
    return {
      what: `sampling ${percent} %: ${what}`,
      unit,
      measured: { name: 'Parley', summary: summarize(measured ?? []) },
      against: { name: off, summary: summarize(against ?? []) },
      ratio: ratioOf(measured ?? [], against ?? []),
      goals: [],
    };
  });
}

/** Both sidecars make a span of the call that comes in and one of the call that goes out. */
const spansPerRequest = 4;
const tolerance = 3;

/** Throws `Failure` when the sidecars trace another share than they were told: the figures would stand under a wrong name. */
function requireSampled(results: ReadonlyMap<string, readonly Sample[]>): void {
  for (const percent of shares) {
    const seen = median((results.get(named(percent)) ?? []).map((each) => each.spansPer1000));
    const expected = spansPerRequest * 10 * percent;
    if (seen >= expected / tolerance && seen <= expected * tolerance) continue;
    throw new Failure(
      'OtherSampling',
      `told to trace ${percent} %, the sidecars made ${seen} spans per 1000 requests, not ${expected}`,
      {
        hint: `seen: ${spansSeen(results)}; see local/sidecar/routes.ts`,
      },
    );
  }
}

function spansSeen(results: ReadonlyMap<string, readonly Sample[]>): string {
  return [...results]
    .map(([name, samples]) => `${name} ${Math.round(median(samples.map((each) => each.spansPer1000)))}`)
    .join(', ');
}

/** Read from what `parley up` would render, so that it cannot differ from it. */
async function defaultPercent(): Promise<string> {
  const repo = path.join(import.meta.dirname, '..', '..');
  const options = await renderOptions({}, { mesh: 'istio', env: 'dev', collector: 'http://127.0.0.1:4318', repo });
  return 'tracing' in options && options.tracing ? String(options.tracing.samplingPercent) : 'no';
}
