import { z } from 'zod';
import type { Counts, Reading } from '../core/evidence.ts';
import type { EvidenceSource, EvidenceTarget, Missing } from './source.ts';

const count = z.number().nonnegative();
const eventCount = z.object({ events: count, occasions: count });

/** What was counted of one release since whenever; counts only rise, and one that falls began anew. */
const totals = z.object({
  requests: count,
  failures: count,
  /** Not cumulative over the bounds: `counts[i]` took at most `boundsMs[i]`; one more count than bounds. */
  latency: z.object({ boundsMs: z.array(z.number()), counts: z.array(count) }).optional(),
  counters: z.record(z.string(), eventCount).optional(),
  gauges: z.record(z.string(), z.number()).optional(),
});

type Totals = z.infer<typeof totals>;

const timeoutMs = 2000;

/**
 * Evidence from a program of one's own that counts: `GET <url>?namespace=…&service=…&release=…` answers with the totals of one release as
 * JSON. What is read is the difference to the last answer.
 */
export function totalsEvidence(url: string): EvidenceSource {
  const ask = async (target: EvidenceTarget, release: string): Promise<Totals> => {
    const { namespace, service } = target;
    const asked = `${url}?${new URLSearchParams({ namespace, service, release })}`;
    const answer = await fetch(asked, { signal: AbortSignal.timeout(timeoutMs) });
    if (!answer.ok) throw new Error(`${asked} answered ${answer.status}`);
    return totals.parse(await answer.json());
  };
  const missing = (error: unknown) => ({
    what: `totals of the releases: ${error instanceof Error ? error.message : String(error)}`,
    hint: `Type: curl '${url}?namespace=…&service=…&release=…'   (it has to answer with requests and failures)`,
  });
  return {
    name: 'totals',
    open(target) {
      const last = new Map<string, Totals>();
      const since = async (release: string): Promise<Counts> => {
        const now = await ask(target, release);
        const before = last.get(release);
        last.set(release, now);
        return before ? difference(now, before) : difference(now, now);
      };
      return {
        async read(): Promise<Reading> {
          try {
            const [stable, candidate] = await Promise.all([since(target.stable), since(target.candidate)]);
            const absent = absentFrom(candidate, target);
            if (absent) return { kind: 'missing', reason: absent.what, hint: absent.hint };
            return { kind: 'counts', stable, candidate, examples: [] };
          } catch (error) {
            const { what, hint } = missing(error);
            return { kind: 'missing', reason: what, hint };
          }
        },
        close: () => undefined,
      };
    },
    async preflight(target) {
      try {
        const [, candidate] = await Promise.all([ask(target, target.stable), ask(target, target.candidate)]);
        const absent = absentFrom(candidate, target);
        return absent ? [absent] : [];
      } catch (error) {
        return [missing(error)];
      }
    },
    close: async () => undefined,
  };
}

/** A counter or gauge that a check wants and the totals do not have. */
function absentFrom(
  { counters = {}, gauges = {} }: Pick<Counts, 'counters' | 'gauges'>,
  target: EvidenceTarget,
): Missing | undefined {
  const counter = target.counters.find((name) => !(name in counters));
  const gauge = target.gauges.find((name) => !(name in gauges));
  const name = counter ?? gauge;
  if (name === undefined) return undefined;
  const where = counter === undefined ? 'gauges' : 'counters';
  return {
    what: `totals of ${target.candidate} have no ${name}`,
    hint: `Add ${where}.${name} to the answer, or leave the check out.`,
  };
}

const rise = (now: number, before = 0): number => (now >= before ? now - before : now);

function difference(now: Totals, before: Totals): Counts {
  const { latency, counters, gauges } = now;
  const same = latency && before.latency?.boundsMs.join() === latency.boundsMs.join();
  return {
    requests: rise(now.requests, before.requests),
    failures: rise(now.failures, before.failures),
    ...(latency && {
      latency: { ...latency, counts: latency.counts.map((n, i) => rise(n, same ? before.latency?.counts[i] : 0)) },
    }),
    ...(counters && {
      counters: Object.fromEntries(
        Object.entries(counters).map(([name, { events, occasions }]) => {
          const old = before.counters?.[name];
          return [name, { events: rise(events, old?.events), occasions: rise(occasions, old?.occasions) }];
        }),
      ),
    }),
    ...(gauges && { gauges }),
  };
}
