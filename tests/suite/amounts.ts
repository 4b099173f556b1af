import type { KindLoad } from '../../verify/load/caller.ts';
import { modestLoad, sharedLoad } from '../load.ts';
import type { TestTarget } from '../target.ts';

/** How often a test does what takes a target long. */
export interface Amounts {
  /** Rolls of each service under load. */
  readonly rolls: number;
  /** Changes of weights meanwhile. */
  readonly weightChanges: number;
  /** Whether providers, consumers and weights change at the same time, or one after the other. */
  readonly atOnce: boolean;
  /** Rolls of the edge. */
  readonly edgeRolls: number;
  /** Splits back and forth under one open connection. */
  readonly turns: number;
  /** Traces that are recorded by the caller's wish. */
  readonly traces: number;
  /** Load while something is rolled. */
  readonly load: readonly KindLoad[];
  /** Good rollouts of each service, all services at once. */
  readonly rollouts: Readonly<Record<'accounts' | 'orders' | 'portfolio', number>>;
  /** Load while the engine judges: enough calls of every service to decide in seconds. */
  readonly judgedLoad: readonly KindLoad[];
}

/** A call of portfolio makes calls of accounts and orders. */
const judgedLoad: readonly KindLoad[] = [
  { kind: 'rest', rps: 60, connections: 4 },
  { kind: 'grpc-unary', rps: 50, connections: 2 },
  { kind: 'graphql', rps: 25, connections: 4 },
];

/**
 * A Pod of a real cluster takes ten to twenty seconds to be replaced, a process of the embedded one less than one; and a node on two cores
 * that also runs a control plane, two proxies per call and the observability serves a fifth of the load without a queue, and one Pod that starts.
 */
const amounts: Readonly<Record<TestTarget, Amounts>> = {
  embedded: {
    rolls: 20,
    weightChanges: 50,
    atOnce: true,
    edgeRolls: 5,
    turns: 3,
    traces: 5,
    load: modestLoad,
    rollouts: { accounts: 46, orders: 46, portfolio: 8 },
    judgedLoad,
  },
  kind: {
    rolls: 3,
    weightChanges: 12,
    atOnce: false,
    edgeRolls: 2,
    turns: 2,
    traces: 2,
    load: sharedLoad(0.2),
    // Its few calls a second would take minutes to judge.
    rollouts: { accounts: 2, orders: 2, portfolio: 0 },
    judgedLoad: [
      { kind: 'rest', rps: 16, connections: 4 },
      { kind: 'grpc-unary', rps: 10, connections: 2 },
      { kind: 'graphql', rps: 1, connections: 1 },
    ],
  },
};

/** The amounts of a target; says them, because a figure means little without them. */
export function amountsOf(target: TestTarget): Amounts {
  const { load, judgedLoad, ...counts } = amounts[target];
  const [rps, judgedRps] = [load, judgedLoad].map((kinds) => kinds.reduce((sum, each) => sum + each.rps, 0));
  process.stdout.write(`amounts on ${target}: ${JSON.stringify({ ...counts, rps, judgedRps })}\n`);
  return amounts[target];
}
