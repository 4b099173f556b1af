import type { Counts, Histogram } from '../core/evidence.ts';

/** A counter that only rises, until whoever keeps it begins anew. */
export interface Counter {
  /** Counters of one group are set back together, if they are. */
  readonly group: string;
  /** Differs within the group. */
  readonly name: string;
  /** Whose calls: the port of a release's Service, or whatever the source tells releases apart by. */
  readonly to: string;
  /** What one more of it means. */
  readonly counts: 'request' | 'failure' | 'failedRequest' | 'duration';
  /** Of `duration`: the call took at most so long, and more than the bound before. Infinity for the rest. */
  readonly boundMs?: number;
  readonly value: number;
}

/** Turns counters of many places into what is new, by `to`. Pure: it knows no time and asks nobody. */
export interface Ledger {
  /** What a place shows now. */
  note(place: string, counters: readonly Counter[]): void;
  /** What was noted since the last call. Releases of which nothing new was seen are not in it. */
  take(): ReadonlyMap<string, Counts>;
}

/**
 * @param known Places that were there when counting began: their first counters are where counting begins. A place that
 * appears later, such as the sidecar of a new Pod, began at zero: all that it shows is new.
 * @param gaps Whether a counter that is gone may come back with the value it had, as it does in Prometheus after a scrape that failed.
 */
export function openLedger(known: Iterable<string>, gaps = false): Ledger {
  const atFirst = new Set(known);
  const before = new Map<string, ReadonlyMap<string, Group>>();
  let tallies = new Map<string, Tally>();
  return {
    note(place, counters) {
      const held = before.get(place);
      const groups = gaps && held ? bridged(held, grouped(counters)) : grouped(counters);
      before.set(place, groups);
      if (!held && atFirst.delete(place)) return;
      for (const [name, group] of groups) {
        const base = held?.get(name);
        const from = base && !wasReset(base, group) ? base : undefined;
        const risen = [...group].map(([key, counter]) => ({
          counter,
          by: counter.value - (from?.get(key)?.value ?? 0),
        }));
        if (risen.every(({ by }) => by === 0)) continue;
        // With the empty buckets: without them nobody could say what a full one begins at.
        for (const { counter, by } of risen) add(tallies, counter, by);
      }
    },
    take() {
      const taken = new Map([...tallies].map(([to, tally]) => [to, countsOf(tally)]));
      tallies = new Map();
      return taken;
    },
  };
}

type Group = ReadonlyMap<string, Counter>;

function grouped(counters: readonly Counter[]): Map<string, Group> {
  const groups = new Map<string, Map<string, Counter>>();
  for (const counter of counters) {
    const group = groups.get(counter.group) ?? new Map<string, Counter>();
    groups.set(counter.group, group.set(counter.name, counter));
  }
  return groups;
}

/** What is not shown now counts as it was. */
function bridged(held: ReadonlyMap<string, Group>, now: ReadonlyMap<string, Group>): ReadonlyMap<string, Group> {
  const groups = new Map(held);
  for (const [name, group] of now) groups.set(name, new Map([...(held.get(name) ?? []), ...group]));
  return groups;
}

/** One counter that fell, or went, tells that the whole group began anew. */
function wasReset(before: Group, now: Group): boolean {
  return [...before].some(([name, { value }]) => (now.get(name)?.value ?? 0) < value);
}

interface Tally {
  requests: number;
  failures: number;
  readonly durations: Map<number, number>;
}

function add(tallies: Map<string, Tally>, { to, counts, boundMs = Infinity }: Counter, increase: number): void {
  const tally = tallies.get(to) ?? { requests: 0, failures: 0, durations: new Map() };
  tallies.set(to, tally);
  if (counts === 'duration') tally.durations.set(boundMs, (tally.durations.get(boundMs) ?? 0) + increase);
  if (counts === 'request' || counts === 'failedRequest') tally.requests += increase;
  if (counts === 'failure' || counts === 'failedRequest') tally.failures += increase;
}

function countsOf({ requests, failures, durations }: Tally): Counts {
  return { requests, failures, ...(durations.size > 0 ? { latency: histogramOf(durations) } : {}) };
}

function histogramOf(durations: ReadonlyMap<number, number>): Histogram {
  const boundsMs = [...durations.keys()].filter(Number.isFinite).sort((a, b) => a - b);
  const counts = [...boundsMs, Infinity].map((bound) => durations.get(bound) ?? 0);
  return { boundsMs, counts };
}

/** Nothing was seen. */
export const noCounts: Counts = { requests: 0, failures: 0 };
