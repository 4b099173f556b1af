import type { Example, Reading } from '../core/evidence.ts';
import { type Counter, type Ledger, noCounts, openLedger } from './counts.ts';
import { type EvidenceClock, type Looks, nearbyPace, openLooks, type Pace, type Place, type Trouble } from './looks.ts';
import type { EvidenceReader, EvidenceSource, EvidenceTarget, Missing } from './source.ts';

/** What one proxy says. */
export interface Heard {
  readonly counters: readonly Counter[];
  /** Releases that it could send to, as `ProxyNames.known` names them; undefined: this kind of proxy cannot tell. */
  readonly known?: ReadonlySet<string>;
  readonly failed?: readonly FailedAt[];
}

/** A failing call, to the release that `Counter.to` names so. */
export interface FailedAt {
  readonly to: string;
  example(release: string): Example;
}

/** How one kind of proxy names what it counts. */
export interface ProxyNames {
  /** `Counter.to` of both releases. */
  readonly stable: string;
  readonly candidate: string;
  /** What is among `Heard.known` when a proxy could call the candidate. */
  readonly known: string;
}

/** One kind of proxy that counts the calls which it makes. */
export interface ProxyKind<P extends Place> {
  /** Name of the source. */
  readonly name: string;
  /** The proxies that run now; those that `list` left out are forgotten. */
  list(): readonly P[];
  names(target: EvidenceTarget): ProxyNames;
  /** Whether counters may be gone for a while (counts.ts). */
  readonly gaps?: boolean;
  /** Default: as for places on this machine. */
  readonly pace?: Pace;
  /** Why calls to this target cannot be counted by this kind of proxy. */
  cannot?(target: EvidenceTarget): Missing | undefined;
  /**
   * Rejects when the proxy does not answer.
   * @param targets all that are counted.
   * @param examples whether somebody still reads, and wants examples of failing calls.
   */
  ask(proxy: P, targets: readonly EvidenceTarget[], examples: () => boolean): Promise<Heard>;
  readonly missing: {
    readonly proxies: Missing;
    silent(trouble: Trouble): Missing;
    candidate(target: EvidenceTarget, names: ProxyNames): Missing;
    calls(target: EvidenceTarget, to: string): Missing;
  };
  /** What else may be missing; asked by the preflight alone. */
  look?(target: EvidenceTarget): Promise<readonly Missing[]>;
  /** Nobody reads any more. */
  idle?(): Promise<void>;
  close?(): void;
}

/** Of each release, between two readings. */
const mostExamples = 5;

interface Reader {
  readonly target: EvidenceTarget;
  readonly names: ProxyNames;
  readonly ledger: Ledger;
  examples: Example[];
}

/**
 * Evidence from the proxies of callers. Each counts the calls that it makes, by release, so all that have a say are asked; all readers
 * share what is asked, and nobody is asked while no reader is open.
 */
export function proxyEvidence<P extends Place>(kind: ProxyKind<P>, clock: EvidenceClock): EvidenceSource {
  const readers = new Set<Reader>();
  const looks = openLooks<P, Answer, readonly Reader[]>({
    clock,
    pace: kind.pace ?? nearbyPace,
    list: kind.list,
    about: () => [...readers],
    ask: async (proxy, asked) => {
      const targets = asked.map(({ target }) => target);
      return answerOf(await kind.ask(proxy, targets, () => readers.size > 0));
    },
    // Only readers that the question was asked for: the answer says nothing about the releases of others.
    heard: (proxy, answer, asked) => {
      for (const reader of asked) note(reader, proxy.id, answer);
    },
  });
  return {
    name: kind.name,
    open(target) {
      const known = kind.list().map(({ id }) => id);
      const reader: Reader = { target, names: kind.names(target), ledger: openLedger(known, kind.gaps), examples: [] };
      readers.add(reader);
      void looks.again();
      return {
        async read() {
          await looks.again();
          return missingIn(kind, looks, reader) ?? takeFrom(reader);
        },
        close() {
          readers.delete(reader);
          if (readers.size === 0) void kind.idle?.();
        },
      } satisfies EvidenceReader;
    },
    preflight: (target) => preflight(kind, target),
    async close() {
      readers.clear();
      await kind.idle?.();
      kind.close?.();
    },
  };
}

/** What a proxy says, sorted once for all readers: there may be a thousand of them. */
interface Answer {
  readonly byRelease: ReadonlyMap<string, readonly Counter[]>;
  /** Releases that it has called. */
  readonly called: ReadonlySet<string>;
  readonly known: Heard['known'];
  readonly failed: readonly FailedAt[];
}

function answerOf({ counters, known, failed = [] }: Heard): Answer {
  const called = new Set(counters.flatMap(({ to, value }) => (value > 0 ? [to] : [])));
  return { byRelease: Map.groupBy(counters, ({ to }) => to), called, known, failed };
}

function note(reader: Reader, id: string, { byRelease, failed }: Answer): void {
  const { stable, candidate } = reader.names;
  reader.ledger.note(id, [...(byRelease.get(stable) ?? []), ...(byRelease.get(candidate) ?? [])]);
  for (const { to, example } of failed) {
    const release = releaseAt(reader, to);
    if (!release) continue;
    const room = reader.examples.filter((one) => one.release === release).length < mostExamples;
    if (room) reader.examples.push(example(release));
  }
}

function releaseAt({ names, target }: Reader, to: string): string | undefined {
  if (to === names.candidate) return target.candidate;
  return to === names.stable ? target.stable : undefined;
}

function takeFrom(reader: Reader): Reading {
  const { examples, names } = reader;
  reader.examples = [];
  const counts = reader.ledger.take();
  return {
    kind: 'counts',
    stable: counts.get(names.stable) ?? noCounts,
    candidate: counts.get(names.candidate) ?? noCounts,
    examples,
  };
}

function missingIn<P extends Place>(kind: ProxyKind<P>, looks: Looks<Answer>, reader: Reader): Reading | undefined {
  const { stable, candidate, known } = reader.names;
  const cannot = kind.cannot?.(reader.target);
  if (cannot) return missing(cannot);
  const { proxies, answers, troubles } = looks.standing();
  if (proxies === 0) return missing(kind.missing.proxies);
  const callers = new Set(
    answers.flatMap(({ id, last: { called } }) => (called.has(stable) || called.has(candidate) ? [id] : [])),
  );
  const silent = troubles.find(({ id }) => callers.has(id) || answers.length === 0 || proxies === 1);
  if (silent) return missing(kind.missing.silent(silent));
  const someKnow = answers.length === 0 || answers.some(({ last }) => !last.known || last.known.has(known));
  return someKnow ? undefined : missing(kind.missing.candidate(reader.target, reader.names));
}

const missing = ({ what, hint }: Missing): Reading => ({ kind: 'missing', reason: what, hint });

async function preflight<P extends Place>(kind: ProxyKind<P>, target: EvidenceTarget): Promise<readonly Missing[]> {
  const names = kind.names(target);
  const cannot = kind.cannot?.(target);
  if (cannot) return [cannot];
  const settled = await Promise.allSettled(kind.list().map((proxy) => kind.ask(proxy, [target], () => false)));
  const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (settled.length === 0) return [kind.missing.proxies];
  const [refused] = settled.filter((one) => one.status === 'rejected');
  if (answers.length === 0) {
    return [kind.missing.silent({ id: '', name: 'every proxy', silentMs: 0, reason: String(refused?.reason) })];
  }
  const more = (await kind.look?.(target)) ?? [];
  if (more.length > 0) return more;
  if (!answers.some(({ known }) => !known || known.has(names.known))) return [kind.missing.candidate(target, names)];
  const called = new Set(answers.flatMap((heard) => [...answerOf(heard).called]));
  return [names.stable, names.candidate].filter((to) => !called.has(to)).map((to) => kind.missing.calls(target, to));
}
