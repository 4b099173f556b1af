import type { Caller, Protocol, Verdict } from './probe.ts';

/** A port of a provider, and what is spoken there. */
export interface Door {
  readonly provider: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Knocks at the doors of Pods from within the network of the target, past every outbound sidecar. */
export interface Prober {
  /** Each caller in turn at the door, from where the packets of the service `from` come; verdicts in the same order. */
  knock(door: Door, from: string, callers: readonly Caller[]): Promise<readonly Verdict[]>;
  close(): Promise<void>;
}
