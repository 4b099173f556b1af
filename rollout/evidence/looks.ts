/** Time, and timers. */
export interface EvidenceClock {
  now(): number;
  after(delayMs: number, run: () => void): () => void;
}

/** Somebody who can be asked. */
export interface Place {
  /** Differs for each process, so that counters of one id never go back unless it says so itself. */
  readonly id: string;
  /** For people. */
  readonly name: string;
}

/** Somebody who has not answered for too long. */
export interface Trouble extends Place {
  readonly silentMs: number;
  readonly reason: string;
}

export interface LooksOptions<P extends Place, Heard, About> {
  readonly clock: EvidenceClock;
  readonly pace: Pace;
  list(): readonly P[];
  /** What the next question is about. */
  about(): About;
  ask(place: P, about: About): Promise<Heard>;
  /** Told each answer with what was asked. */
  heard(place: P, answer: Heard, about: About): void;
}

/** What many readers share of one round of questions. */
export interface Looks<Heard> {
  /** Asks everybody anew, unless that was done just now; resolves when they answered or are late. Never rejects. */
  again(): Promise<void>;
  standing(): {
    /** How many there are to ask. */
    readonly proxies: number;
    readonly answers: readonly { readonly id: string; readonly last: Heard }[];
    readonly troubles: readonly Trouble[];
  };
}

/** How often places are asked. */
export interface Pace {
  /** Looks are no closer together, however many ask for one; who comes sooner has what the present look brings. */
  readonly everyMs: number;
  /** A look does not wait longer for those who are slow; what they answer later counts all the same. */
  readonly patienceMs: number;
}

/** Ten times a second: places on this machine. */
export const nearbyPace: Pace = { everyMs: 95, patienceMs: 50 };
/** A sidecar that is started again answers within 0.1 s; one that fails to start is tried again within seconds. */
const silentMs = 3000;

interface Standing<P, Heard> {
  readonly place: P;
  asking: boolean;
  last?: Heard;
  silentSinceMs?: number;
  reason?: string;
}

/** Asks many places the same question, again and again, without ever waiting for one that does not answer. */
export function openLooks<P extends Place, Heard, About>(options: LooksOptions<P, Heard, About>): Looks<Heard> {
  const { clock, pace } = options;
  const standings = new Map<string, Standing<P, Heard>>();
  let present: Promise<void> = Promise.resolve();
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  const listed = () => {
    const places = options.list();
    const ids = new Set(places.map(({ id }) => id));
    for (const id of standings.keys()) if (!ids.has(id)) standings.delete(id);
    for (const place of places) if (!standings.has(place.id)) standings.set(place.id, { place, asking: false });
    return [...standings.values()];
  };
  const ask = async (standing: Standing<P, Heard>, about: About) => {
    standing.asking = true;
    const askedAtMs = clock.now();
    try {
      const answer = await options.ask(standing.place, about);
      Object.assign(standing, { last: answer, silentSinceMs: undefined });
      options.heard(standing.place, answer, about);
    } catch (error) {
      standing.silentSinceMs ??= askedAtMs;
      standing.reason = (error as Error).message;
    } finally {
      standing.asking = false;
    }
  };
  const look = async () => {
    const about = options.about();
    const late = Promise.withResolvers<void>();
    const cancel = clock.after(pace.patienceMs, late.resolve);
    const answers = listed()
      .filter(({ asking }) => !asking)
      .map((standing) => ask(standing, about));
    await Promise.race([Promise.all(answers), late.promise]);
    cancel();
  };
  return {
    again() {
      if (clock.now() - lookedAtMs < pace.everyMs) return present;
      lookedAtMs = clock.now();
      present = look();
      return present;
    },
    standing: () => ({
      proxies: standings.size,
      answers: [...standings.values()].flatMap(({ place, last }) => (last ? [{ id: place.id, last }] : [])),
      troubles: [...standings.values()].flatMap(({ place: { id, name }, silentSinceMs, reason = '' }) => {
        const forMs = silentSinceMs === undefined ? 0 : clock.now() - silentSinceMs;
        return forMs >= silentMs ? [{ id, name, silentMs: forMs, reason }] : [];
      }),
    }),
  };
}
