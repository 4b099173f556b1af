import type { Clock } from '../verify/load/clock.ts';
import type { Summary } from './measure/summary.ts';

/** A bound that a figure is held against. A missed one is printed, it is no failure of the measurement. */
export interface Goal {
  readonly of: 'ratio' | 'measured';
  readonly bound: 'at most' | 'at least';
  readonly value: number;
}

/** One side of a comparison. */
export interface Side {
  readonly name: string;
  readonly summary: Summary;
}

/** One line of the result: what was measured, beside what it stands for in the same run. */
export interface Measurement {
  readonly what: string;
  /** Of both sides: `ms`, `s`, `MB`, `requests/s`, `CPU ms per 1000 requests`. */
  readonly unit: string;
  readonly measured: Side;
  readonly against?: Side;
  /** measured / against, round by round. */
  readonly ratio?: Summary;
  readonly goals: readonly Goal[];
}

export interface RowResult {
  readonly measurements: readonly Measurement[];
  /** What a reader must know to judge the figures: what was left out and why, what else was seen. */
  readonly notes: readonly string[];
}

/** What a row gets from the run. */
export interface RowContext {
  readonly rounds: number;
  /** Shorter and coarser: to see that it works. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** A folder of its own, short enough for Unix sockets below it; removed after the run. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line on stderr. */
  readonly say: (text: string) => void;
}

/** A row of the table. Throws `Failure` when it cannot measure; figures are never filled in. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly run: (context: RowContext) => Promise<RowResult>;
}

/** Whether the goal is met by the median; undefined when the ratio could not be told. */
export function isMet(goal: Goal, measurement: Measurement): boolean | undefined {
  const value = goal.of === 'ratio' ? measurement.ratio?.median : measurement.measured.summary.median;
  if (value === undefined) return undefined;
  return goal.bound === 'at most' ? value <= goal.value : value >= goal.value;
}
