import type { KindLoad } from '../../verify/load/caller.ts';
import { modestLoad, sharedLoad } from '../load.ts';
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
  /** Load while something is rolled. */
  readonly load: readonly KindLoad[];
}

/**
 * A Pod of a real cluster takes ten to twenty seconds to be replaced, a process of the embedded one less than one; and a node on two cores
 * that also runs a control plane, two proxies per call and the observability serves a third of the load without a queue.
 */
const amounts: Readonly<Record<TestTarget, Amounts>> = {
  embedded: { rolls: 20, weightChanges: 50, edgeRolls: 5, turns: 3, traces: 5, load: modestLoad },
  kind: { rolls: 3, weightChanges: 12, edgeRolls: 2, turns: 2, traces: 2, load: sharedLoad(0.3) },
};

/** The amounts of a target; says them, because a figure means little without them. */
export function amountsOf(target: TestTarget): Amounts {
  const { load, ...counts } = amounts[target];
  const rps = load.reduce((sum, each) => sum + each.rps, 0);
  process.stdout.write(`amounts on ${target}: ${JSON.stringify({ ...counts, rps })}\n`);
  return amounts[target];
}
