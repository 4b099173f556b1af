/** What an installation can make, and its removal takes away again. */
export const things = [
  'cluster',
  'gateway-api',
  'mesh',
  'rollout-type',
  'rollouts',
  'observability',
  'exchange',
] as const;
export type Thing = (typeof things)[number];

/** What this state folder made in its cluster. An entry is written before the thing is made, so that a killed `up` can be undone. */
export interface Ledger {
  /** `begun`: it may be there in half. */
  state(thing: Thing): 'begun' | 'made' | undefined;
  begin(thing: Thing): void;
  finish(thing: Thing): void;
  /** The thing is gone, and everything that was made in it. */
  forget(thing: Thing): void;
}

/** A ledger that also knows which cluster it is about, because names of clusters come back with other clusters behind them. */
export interface ClusterLedger extends Ledger {
  /** The id of kind's node container, or the uid of Namespace kube-system; undefined: not noted yet. */
  identity(): string | undefined;
  identify(identity: string): void;
}
