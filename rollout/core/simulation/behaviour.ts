import { between, oneOf, type Random } from './random.ts';

/** Probabilities with which something is wrong with a request, message or checked answer, 0..1. */
export interface Faults {
  readonly failure: number;
  /** 300 ms late. */
  readonly late: number;
  readonly body: number;
  readonly gap: number;
  readonly deadLetter: number;
}

/** What is wrong with a release at a time, in milliseconds since its first request. */
export type Behaviour = (sinceFirstMs: number) => Faults;

/** A good release is not a perfect one. */
export const sound: Faults = { failure: 0.001, late: 0.01, body: 0.0005, gap: 0.0005, deadLetter: 0.0005 };

/** Every rehearsal release that counters can show to be wrong. */
export const rehearsals = {
  'errors 5 %': () => () => ({ ...sound, failure: 0.05 }),
  'errors 20 %': () => () => ({ ...sound, failure: 0.2 }),
  'fully broken': () => () => ({ ...sound, failure: 1 }),
  'latency, one in three': () => () => ({ ...sound, late: 1 / 3 }),
  'wrong body, one in five': () => () => ({ ...sound, body: 0.2 }),
  'sequence gaps': () => () => ({ ...sound, gap: 0.1 }),
  'dead letters': () => () => ({ ...sound, deadLetter: 0.1 }),
  'crash loop': (random: Random) => {
    const [firstMs, downMs] = [between(random, 200, 8_000), between(random, 2_000, 5_000)];
    return (sinceMs: number) => ({
      ...sound,
      failure: sinceMs >= firstMs && (sinceMs - firstMs) % (downMs + 500) < downMs ? 1 : 0.001,
    });
  },
} as const satisfies Readonly<Record<string, (random: Random) => Behaviour>>;

/** A good release that stands still for a moment now and then: garbage collection, a neighbour on its CPU. All that is in it then is late. */
export function stalling(random: Random): Behaviour {
  const [everyMs, stallMs] = [between(random, 3_000, 8_000), between(random, 100, 400)];
  return (sinceMs) => (sinceMs % everyMs < stallMs ? { ...sound, late: 1 } : sound);
}

/** Something that both releases depend on fails for a while, all the time or in bursts. */
export interface Outage {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly burstMs: number;
  readonly failure: number;
}

export function outageOf(random: Random): Outage {
  const fromMs = between(random, 300, 10_000);
  return {
    fromMs,
    untilMs: fromMs + oneOf(random, [200, 2_000, 20_000]),
    burstMs: oneOf(random, [100, 500, 60_000]),
    failure: oneOf(random, [0.2, 0.5, 1]),
  };
}

export function failingNow({ fromMs, untilMs, burstMs, failure }: Outage, nowMs: number): number {
  const inside = nowMs >= fromMs && nowMs < untilMs;
  return inside && Math.floor((nowMs - fromMs) / burstMs) % 2 === 0 ? failure : 0;
}
