import type { TestTarget } from '../target.ts';

/** How often a test does what takes a target long. */
export interface Amounts {
  /** Rolls of each service under load. */
  readonly rolls: number;
  /** Changes of weights meanwhile. */
  readonly weightChanges: number;
  /** Rolls of the edge. */
  readonly edgeRolls: number;
  /** Splits back and forth under one open connection. */
  readonly turns: number;
  /** Traces that are recorded by the caller's wish. */
  readonly traces: number;
}

/** A Pod of a real cluster takes ten to twenty seconds to be replaced, a process of the embedded one less than one. */
const amounts: Readonly<Record<TestTarget, Amounts>> = {
  embedded: { rolls: 20, weightChanges: 50, edgeRolls: 5, turns: 3, traces: 5 },
  kind: { rolls: 3, weightChanges: 12, edgeRolls: 2, turns: 2, traces: 2 },
};

/** The amounts of a target; says them, because a figure means little without them. */
export function amountsOf(target: TestTarget): Amounts {
  process.stdout.write(`amounts on ${target}: ${JSON.stringify(amounts[target])}\n`);
  return amounts[target];
}
