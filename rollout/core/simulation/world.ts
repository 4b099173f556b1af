import type { Effect } from '../effect.ts';
import type { Counts, Histogram, Reading } from '../evidence.ts';
import type { Observation } from '../observation.ts';
import type { RolloutPlan } from '../plan.ts';
import type { GateName, GateResult } from '../state.ts';
import { nothingForCandidate, type Traffic } from '../traffic.ts';
import { type Behaviour, type Faults, failingNow, type Outage, sound } from './behaviour.ts';
import { happening, type Random } from './random.ts';

export const tickMs = 100;
export const stable = '1.4.0';
export const candidate = '2.0.0';
/** Answers whose body is looked at. */
const checkedPerTick = 4;
const boundsMs = [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500];

export interface WorldOptions {
  readonly behaviour: Behaviour;
  readonly outage?: Outage;
  /** The outage waits for the candidate to have everything: nobody is left to compare it with. */
  readonly outageAlone?: boolean;
  readonly requestsPerSecond: number;
  /** Share of ticks at which the evidence cannot be read. */
  readonly unreadable?: number;
  /** Share of seconds without any traffic. */
  readonly silent?: number;
}

/** Two releases under load, with routes that go by what a rollout asks for one tick later. Everything comes from one seed. */
export class World {
  readonly #random: Random;
  readonly #options: WorldOptions;
  #nowMs = 0;
  #firstMs: number | undefined;
  #outageFromMs: number | undefined;
  #traffic: Traffic = nothingForCandidate;
  #gates: Partial<Record<GateName, GateResult>> = {};
  #silentNow = false;
  /** What callers of the candidate saw. */
  requests = 0;
  failures = 0;

  constructor(random: Random, options: WorldOptions) {
    this.#random = random;
    this.#options = options;
    if (options.outage && !options.outageAlone) this.#outageFromMs = 0;
  }

  /** Lets a tick pass. */
  observe(plan: RolloutPlan): Observation {
    this.#nowMs += tickMs;
    const traffic = this.#traffic;
    const gates = this.#gates;
    return {
      nowMs: this.#nowMs,
      plan,
      releases: { [stable]: { readyPods: 2, wantedPods: 2 }, [candidate]: { readyPods: 2, wantedPods: 2 } },
      routed: {
        weights: { [stable]: 100 - traffic.weight, [candidate]: traffic.weight },
        isAt: (_stable, _candidate, wanted) => wanted.weight === traffic.weight,
        inForce: true,
      },
      gates,
      reading: this.#tick(),
    };
  }

  carryOut(effects: readonly Effect[]): void {
    this.#gates = {};
    for (const effect of effects) {
      if (effect.do === 'route') this.#traffic = effect.traffic;
      if (effect.do === 'ask') this.#gates[effect.gate] = { gate: effect.gate, result: 'open', reason: 'as asked' };
    }
  }

  #tick(): Reading {
    const random = this.#random;
    if (this.#nowMs % 1000 === 0) this.#silentNow = random() < (this.#options.silent ?? 0);
    const total = this.#silentNow ? 0 : Math.round((this.#options.requestsPerSecond * tickMs) / 1000);
    const mine = happening(random, total, this.#traffic.weight / 100);
    if (mine > 0) this.#firstMs ??= this.#nowMs;
    const failing = this.#outageNow();
    const faults = this.#options.behaviour(this.#nowMs - (this.#firstMs ?? this.#nowMs));
    const counts = {
      stable: this.#counts(total - mine, sound, failing),
      candidate: this.#counts(mine, faults, failing),
    };
    this.requests += mine;
    this.failures += counts.candidate.failures;
    if (random() < (this.#options.unreadable ?? 0))
      return { kind: 'missing', reason: 'a sidecar did not answer', hint: 'look at its Pod' };
    return { kind: 'counts', ...counts, examples: [] };
  }

  /** An outage that has not begun when the candidate has everything does not begin any more, unless it is to begin just then. */
  #outageNow(): number {
    const { outage } = this.#options;
    if (!outage) return 0;
    const alone = this.#traffic.weight >= 100;
    if (this.#options.outageAlone && alone) this.#outageFromMs ??= this.#nowMs - outage.fromMs;
    if (!this.#options.outageAlone && alone && this.#nowMs < outage.fromMs) this.#outageFromMs = undefined;
    return this.#outageFromMs === undefined ? 0 : failingNow(outage, this.#nowMs - this.#outageFromMs);
  }

  #counts(requests: number, faults: Faults, failing: number): Counts {
    const random = this.#random;
    const checked = Math.min(requests, checkedPerTick);
    const event = (probability: number) => ({ events: happening(random, requests, probability), occasions: requests });
    return {
      requests,
      failures: happening(random, requests, 1 - (1 - faults.failure) * (1 - failing)),
      latency: this.#latencies(requests, happening(random, requests, faults.late)),
      counters: {
        sequence_gaps: event(faults.gap),
        dead_letters: event(faults.deadLetter),
        body: { events: happening(random, checked, faults.body), occasions: checked },
      },
    };
  }

  /** 2 to 40 ms, mostly short; late ones 300 ms more. */
  #latencies(requests: number, late: number): Histogram {
    const counts = new Array<number>(boundsMs.length + 1).fill(0);
    for (let request = 0; request < requests; request++) {
      const tookMs = 2 + 38 * this.#random() ** 4 + (request < late ? 300 : 0);
      const bucket = boundsMs.findIndex((bound) => tookMs <= bound);
      const at = bucket === -1 ? boundsMs.length : bucket;
      counts[at] = (counts[at] ?? 0) + 1;
    }
    return { boundsMs, counts };
  }
}
