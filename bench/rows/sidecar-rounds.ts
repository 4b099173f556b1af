import path from 'node:path';
import { Failure } from '../../cli/failure.ts';
import { interleave, type Subject } from '../measure/interleave.ts';
import { median } from '../measure/summary.ts';
import { findHaproxy, haproxyVariants, startHaproxy } from '../proxies/haproxy.ts';
import { startMinimalEnvoy } from '../proxies/minimal-envoy.ts';
import { type Variant, variants } from '../proxies/pair.ts';
import { parleyVariants, startParley } from '../proxies/parley.ts';
import { isCalm, type Rig, type Sample, startRig } from '../proxies/rig.ts';
import type { RowContext } from '../row.ts';

export const proxies = ['Parley', 'minimal Envoy', 'HAProxy'] as const;
export type ProxyName = (typeof proxies)[number];

/** All pairs, measured in turn under the same load. */
export interface SidecarRounds {
  readonly direct: readonly Sample[];
  /** Undefined where the proxy has no such variant or is not installed. */
  of(proxy: ProxyName, variant: Variant): readonly Sample[] | undefined;
  readonly notes: readonly string[];
}

/** Many short samples: what disturbs the machine for a moment then spoils one of them, not the median. */
const passes = 3;

const byContext = new WeakMap<RowContext, Promise<SidecarRounds>>();

/** The rounds of this run: latency and CPU are two readings of the same requests. */
export function sidecarRounds(context: RowContext): Promise<SidecarRounds> {
  const known = byContext.get(context) ?? measure(context);
  byContext.set(context, known);
  return known;
}

async function measure(context: RowContext): Promise<SidecarRounds> {
  await using rig = await startRig(path.join(context.dir, 's'), context);
  const { subjects, notes } = await startPairs(rig, context);
  const spansBefore = await rig.spans();
  const results = await interleave(subjects, context.rounds * passes, context.signal);
  if ((await rig.spans()) === spansBefore)
    throw new Failure('NoSpans', 'the pairs that trace sent no span to the collector');
  const direct = results.get('direct') ?? [];
  const samples = [...results.values()].flat();
  const busy = samples.filter((sample) => !isCalm(sample)).length;
  const late = median(samples.map(({ lateP99Ms }) => lateP99Ms)).toFixed(2);
  return {
    direct,
    of: (proxy, variant) => results.get(nameOf(proxy, variant)),
    notes: [
      ...notes,
      'plain: Parley has no such mode (its sidecars speak nothing but mutual TLS); minimal Envoy is beside HAProxy there',
      `the generator was ${late} ms late at its 99th percentile; in ${busy} of ${samples.length} samples more than 1 ms, because the machine was busy`,
    ],
  };
}

async function startPairs(rig: Rig, { env, say }: RowContext) {
  const haproxy = findHaproxy(env);
  const subjects: Subject<Sample>[] = [rig.direct()];
  for (const variant of variants) {
    if (parleyVariants.includes(variant)) {
      subjects.push(await rig.add(nameOf('Parley', variant), (given) => startParley(rig.envoy, { ...given, variant })));
    }
    subjects.push(
      await rig.add(nameOf('minimal Envoy', variant), (given) => startMinimalEnvoy(rig.envoy, { ...given, variant })),
    );
    if (haproxy && haproxyVariants.includes(variant)) {
      subjects.push(await rig.add(nameOf('HAProxy', variant), (given) => startHaproxy(haproxy, { ...given, variant })));
    }
  }
  say(`${subjects.length} subjects, one after the other in each round`);
  const notes = haproxy
    ? ['HAProxy checks the authority only, not the SPIFFE name, and makes no spans']
    : ['HAProxy is not installed on this machine: no yardstick beside Envoy'];
  return { subjects, notes };
}

function nameOf(proxy: ProxyName, variant: Variant): string {
  return `${proxy}, ${variant}`;
}
