import type { CallTarget, Driving, DrivingReading, ReleaseCalls } from '../calls/release-calls.ts';
import { bodyCounter } from '../core/check.ts';
import type { Counts, EventCount, Reading } from '../core/evidence.ts';
import type { EvidenceReader, EvidenceSource, EvidenceTarget } from '../evidence/source.ts';

/** What is counted for one rollout: requests of callers, and the answers to calls of the kit's own. */
export interface Watching {
  /** Begins what is wanted and was not, ends what is not wanted any more. */
  follow(target: EvidenceTarget | undefined, calls: CallTarget | undefined): void;
  /** Since the last read; undefined: nothing is counted. */
  read(): Promise<Reading | undefined>;
  close(): void;
}

interface Open<T> {
  readonly what: string;
  readonly it: T;
}

/** Nothing is counted until `follow` says whose. */
export function createWatching(evidence: EvidenceSource, releaseCalls: ReleaseCalls | undefined): Watching {
  let reader: Open<EvidenceReader> | undefined;
  let driving: Open<Driving> | undefined;

  const keep = <T extends { close(): void }>(now: Open<T> | undefined, wanted: object | undefined, open: () => T) => {
    const what = wanted && JSON.stringify(wanted);
    if (now?.what === what) return now;
    now?.it.close();
    return what === undefined ? undefined : { what, it: open() };
  };
  const follow: Watching['follow'] = (target, calls) => {
    reader = keep(reader, target, () => evidence.open(target as EvidenceTarget));
    driving = keep(driving, releaseCalls && calls, () => (releaseCalls as ReleaseCalls).drive(calls as CallTarget));
  };
  return {
    follow,
    async read() {
      const reading = await reader?.it.read();
      // What was driven waits until callers can be read again.
      return reading?.kind === 'counts' && driving ? withAnswers(reading, driving.it.read()) : reading;
    },
    close: () => follow(undefined, undefined),
  };
}

/** The answers of calls of the kit's own as the counter `body` of both releases. */
function withAnswers(reading: Extract<Reading, { kind: 'counts' }>, driven: DrivingReading): Reading {
  const { trouble } = driven;
  const isSilent = reading.candidate.requests === 0 && driven.candidate.occasions === 0;
  if (trouble && isSilent) return { kind: 'missing', reason: trouble.reason, hint: trouble.hint };
  const counted = (counts: Counts, body: EventCount): Counts => ({
    ...counts,
    counters: { ...counts.counters, [bodyCounter]: body },
  });
  return {
    ...reading,
    stable: counted(reading.stable, driven.stable),
    candidate: counted(reading.candidate, driven.candidate),
    examples: [...reading.examples, ...driven.examples],
  };
}
