import type { Counts, EventCount, Reading } from '../core/evidence.ts';
import type { EvidenceReader, EvidenceSource, EvidenceTarget, Missing } from './source.ts';

/** What was counted beside requests, since the last time it was asked; gauges are as they are now. */
export type Counted =
  | {
      readonly kind: 'counts';
      readonly counters: Readonly<Record<string, EventCount>>;
      readonly gauges: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'missing'; readonly reason: string; readonly hint: string };

/** A place that knows counters and gauges of what one service consumes, such as a broker. */
export interface CounterSource {
  readonly name: string;
  /** What a service needs to be counted by it. */
  readonly hint: string;
  /** Which counters and gauges it has for a target; none if the target is not its business. */
  provides(target: EvidenceTarget): readonly string[];
  open(target: EvidenceTarget): { read(): Promise<Counted>; close(): void };
  preflight(target: EvidenceTarget): Promise<readonly Missing[]>;
  close(): Promise<void>;
}

/** Counted by the calls of the kit's own, which the controller adds (rollout/calls/). */
const ofCalls: readonly string[] = ['body'];

const wantedOf = ({ counters, gauges }: EvidenceTarget) =>
  [...counters, ...gauges].filter((name) => !ofCalls.includes(name));

/**
 * Evidence with the counters and gauges of other sources in it. These cannot tell which release consumed what: they are held to be the
 * candidate's, which is what changed. A name that no source provides is missing, by name.
 */
export function withCounters(source: EvidenceSource, others: readonly CounterSource[]): EvidenceSource {
  const usedFor = (target: EvidenceTarget) =>
    others.filter((other) => other.provides(target).some((name) => wantedOf(target).includes(name)));
  const unknown = (target: EvidenceTarget): Missing[] => {
    const provided = new Set(others.flatMap((other) => other.provides(target)));
    return wantedOf(target)
      .filter((name) => !provided.has(name))
      .map((name) => ({
        what: `nobody counts ${name} of ${target.service}`,
        hint: hintOf([...ofCalls, ...provided], others),
      }));
  };
  return {
    name: source.name,
    open(target) {
      const requests = source.open(target);
      const readers = new Map<CounterSource, ReturnType<CounterSource['open']>>();
      // What a source has for a service may become known later.
      const readerOf = (other: CounterSource) => {
        const reader = readers.get(other) ?? other.open(target);
        readers.set(other, reader);
        return reader;
      };
      return {
        async read() {
          const [missing] = unknown(target);
          if (missing) return { kind: 'missing', reason: missing.what, hint: missing.hint };
          const others = usedFor(target).map((other) => readerOf(other).read());
          const [reading, ...counted] = await Promise.all([requests.read(), ...others]);
          return counted.reduce<Reading>(merged, reading);
        },
        close() {
          for (const reader of [requests, ...readers.values()]) reader.close();
        },
      } satisfies EvidenceReader;
    },
    async preflight(target) {
      const asked = await Promise.all([source, ...usedFor(target)].map((one) => one.preflight(target)));
      return [...unknown(target), ...asked.flat()];
    },
    async close() {
      await Promise.all([source, ...others].map((one) => one.close()));
    },
  };
}

function hintOf(known: readonly string[], others: readonly CounterSource[]): string {
  const hints = others.map(({ hint }) => hint);
  const more = hints.length > 0 ? hints : ['Brokers are counted by a controller that was started with --rabbitmq URL.'];
  return `Counters that are known for it: ${known.join(', ')}. ${more.join(' ')}`;
}

function merged(reading: Reading, counted: Counted): Reading {
  if (reading.kind === 'missing') return reading;
  if (counted.kind === 'missing') return counted;
  const { counters, gauges } = counted;
  const candidate: Counts = {
    ...reading.candidate,
    counters: { ...reading.candidate.counters, ...counters },
    gauges: { ...reading.candidate.gauges, ...gauges },
  };
  return { ...reading, candidate };
}
