import { build, type Histogram } from 'hdr-histogram-js';
import type { LoadKind } from './kinds.ts';
import type { Outcome } from './outcome.ts';

/** Milliseconds from the moment a request was due until its outcome. */
export interface Latency {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface ReleaseReport {
  readonly ok: number;
  readonly failed: number;
  readonly wrong: number;
  readonly latency: Latency;
}

/** One request that did not end well. */
export interface Fault {
  readonly number: number;
  readonly atMs: number;
  readonly outcome: 'failed' | 'wrong';
  readonly reason: string;
  readonly message: string;
  readonly release?: string;
}

/** `sent` = `ok` + `failed` + `wrong`, always. */
export interface KindReport {
  readonly kind: LoadKind;
  readonly targetRps: number;
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  readonly wrong: number;
  readonly latency: Latency;
  /** By the release that said it answered; `unknown` when nothing did. */
  readonly releases: Readonly<Record<string, ReleaseReport>>;
  /** Reason -> how often. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The first faults, for a look. */
  readonly faults: readonly Fault[];
  readonly streams: StreamReport;
}

/** What happened inside streams; all 0 for kinds without. */
export interface StreamReport {
  readonly messages: number;
  /** Sequence numbers that never came. */
  readonly gaps: number;
  /** Sequence numbers that came twice. */
  readonly duplicates: number;
  /** Streams that the server ended by its contract's going-away and that went on elsewhere. */
  readonly resumed: number;
}

export interface LoadReport {
  readonly durationMs: number;
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  readonly wrong: number;
  readonly kinds: readonly KindReport[];
}

const keptFaults = 50;
/** Histograms count microseconds. */
const usPerMs = 1000;

/** Counts the outcomes of one kind. */
export class Tally {
  readonly #kind: LoadKind;
  readonly #targetRps: number;
  readonly #releases = new Map<string, { ok: number; failed: number; wrong: number; latency: Histogram }>();
  readonly #reasons = new Map<string, number>();
  readonly #faults: Fault[] = [];
  readonly #all = newHistogram();
  readonly #streams = { messages: 0, gaps: 0, duplicates: 0, resumed: 0 };
  #sent = 0;

  constructor(kind: LoadKind, targetRps: number) {
    this.#kind = kind;
    this.#targetRps = targetRps;
  }

  /** The next number; from now on the request counts and must be ended once. */
  start(): number {
    this.#sent += 1;
    return this.#sent;
  }

  end(number: number, outcome: Outcome, latencyMs: number, atMs: number): void {
    const name = outcome.release ?? 'unknown';
    const release = this.#releases.get(name) ?? { ok: 0, failed: 0, wrong: 0, latency: newHistogram() };
    this.#releases.set(name, release);
    release[outcome.kind] += 1;
    const us = Math.max(1, Math.round(latencyMs * usPerMs));
    release.latency.recordValue(us);
    this.#all.recordValue(us);
    if (outcome.kind === 'ok') return;
    const reason = outcome.kind === 'wrong' ? 'wrong body' : outcome.reason;
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    if (this.#faults.length < keptFaults) {
      this.#faults.push({
        number,
        atMs,
        outcome: outcome.kind,
        reason,
        message: outcome.message,
        release: outcome.release,
      });
    }
  }

  /** How many were started, and how many ended badly so far. */
  counts(): { readonly sent: number; readonly bad: number } {
    const bad = [...this.#releases.values()].reduce((sum, each) => sum + each.failed + each.wrong, 0);
    return { sent: this.#sent, bad };
  }

  /** Adds what one stream saw. */
  stream(seen: Partial<StreamReport>): void {
    this.#streams.messages += seen.messages ?? 0;
    this.#streams.gaps += seen.gaps ?? 0;
    this.#streams.duplicates += seen.duplicates ?? 0;
    this.#streams.resumed += seen.resumed ?? 0;
  }

  report(): KindReport {
    const releases = [...this.#releases].sort(([left], [right]) => (left < right ? -1 : 1));
    const sum = (field: 'ok' | 'failed' | 'wrong') => releases.reduce((total, [, each]) => total + each[field], 0);
    return {
      kind: this.#kind,
      targetRps: this.#targetRps,
      sent: this.#sent,
      ok: sum('ok'),
      failed: sum('failed'),
      wrong: sum('wrong'),
      latency: latencyOf(this.#all),
      releases: Object.fromEntries(
        releases.map(([name, each]) => [name, { ...each, latency: latencyOf(each.latency) }]),
      ),
      reasons: Object.fromEntries([...this.#reasons].sort(([, left], [, right]) => right - left)),
      faults: this.#faults,
      streams: { ...this.#streams },
    };
  }
}

/** The whole from its parts. */
export function loadReport(durationMs: number, kinds: readonly KindReport[]): LoadReport {
  const sum = (field: 'sent' | 'ok' | 'failed' | 'wrong') => kinds.reduce((total, each) => total + each[field], 0);
  return { durationMs, sent: sum('sent'), ok: sum('ok'), failed: sum('failed'), wrong: sum('wrong'), kinds };
}

function newHistogram(): Histogram {
  return build({ bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: 3 });
}

function latencyOf(histogram: Histogram): Latency {
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / usPerMs;
  if (histogram.totalCount === 0) return { p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 };
  return { p50Ms: at(50), p90Ms: at(90), p99Ms: at(99), maxMs: histogram.maxValue / usPerMs };
}
