import { systemClock } from '../../local/clock.ts';
import type { Example } from '../../rollout/core/evidence.ts';
import { type AskedSidecars, sidecarEvidence } from '../../rollout/evidence/sidecar-evidence.ts';
import { sidecarsIn } from '../../rollout/evidence/sidecar-folder.ts';
import type { EvidenceSource, EvidenceTarget } from '../../rollout/evidence/source.ts';
import { eventually } from '../eventually.ts';

/** Calls of one release, as they were sent or as they were counted. */
export interface Calls {
  readonly requests: number;
  readonly failures: number;
}

export interface Sums {
  readonly stable: Calls;
  readonly candidate: Calls;
}

/** Reads evidence and adds it up. */
export interface Counting {
  readonly source: EvidenceSource;
  readonly examples: readonly Example[];
  /** One more reading; the sums so far. */
  read(): Promise<Sums>;
  /** Reads until so many requests were counted, and once more: what is counted twice shows. */
  until(requests: number): Promise<Sums>;
  close(): Promise<void>;
}

export function evidenceTarget(service: string, protocol: EvidenceTarget['protocol'], port = 8080): EvidenceTarget {
  const releases = { stable: '1.0.0', candidate: '2.0.0' };
  return { namespace: 'exchange', service, port, protocol, ...releases, counters: [], gauges: [] };
}

/** @param through what the answers of sidecars go through, for faults. */
export async function startCounting(
  pods: string,
  target: EvidenceTarget,
  through: (sidecars: AskedSidecars) => AskedSidecars = (sidecars) => sidecars,
): Promise<Counting> {
  const source = sidecarEvidence({ sidecars: through(sidecarsIn(pods)), clock: systemClock });
  const reader = source.open(target);
  const examples: Example[] = [];
  let sums: Sums = { stable: { requests: 0, failures: 0 }, candidate: { requests: 0, failures: 0 } };
  const plus = (a: Calls, b: Calls) => ({ requests: a.requests + b.requests, failures: a.failures + b.failures });
  const read = async () => {
    const reading = await reader.read();
    if (reading.kind === 'missing') throw new Error(`${reading.reason} (${reading.hint})`);
    sums = { stable: plus(sums.stable, reading.stable), candidate: plus(sums.candidate, reading.candidate) };
    examples.push(...reading.examples);
    return sums;
  };
  await read();
  return {
    source,
    examples,
    read,
    async until(requests) {
      const all = ({ stable, candidate }: Sums) => stable.requests + candidate.requests;
      await eventually(`${requests} requests are counted`, 3000, read, (now) => all(now) >= requests);
      return eventually('a reading later', 3000, read);
    },
    async close() {
      reader.close();
      await source.close();
    },
  };
}
