import type { CheckVerdict, VerdictName } from './check.ts';
import type { Counts, Example } from './evidence.ts';
import type { CheckMemory } from './judge.ts';
import type { Traffic } from './traffic.ts';

/**
 * Where a rollout is. Plain JSON: the controller writes it into the object's status before it does anything, so that another one can go on
 * from there. What has to be done follows from the state alone, and doing it twice does no harm.
 */
export type State = Idle | Gating | Shifting | Analysing | Reverting | Ended;

export type PhaseName = State['phase'];

interface Attempt {
  /** 1 for the first rollout of the object, then rising. */
  readonly attempt: number;
  /** What the plan asked for: a change of either begins a new attempt. */
  readonly candidate: string;
  readonly retry: number;
  readonly stable: string;
  readonly beganAtMs: number;
}

/** Nothing was asked for yet, or the candidate is what serves already. */
export interface Idle {
  readonly phase: 'Idle';
  readonly attempt: number;
  readonly reason: string;
}

/** Before the candidate's first request. */
export interface Gating extends Attempt {
  readonly phase: 'Gating';
  readonly sinceMs: number;
  readonly gates: readonly GateResult[];
}

/** The traffic of a stage is wanted, and not yet known to be in force. */
export interface Shifting extends Attempt {
  readonly phase: 'Shifting';
  readonly stage: number;
  readonly traffic: Traffic;
  readonly sinceMs: number;
  /** A person said promote: the candidate is not judged any more. */
  readonly forced?: true;
  /** What is seen from here on counts for the stage, and a failing candidate goes back at once. Absent: nothing was seen yet, or forced. */
  readonly tests?: Tests;
  readonly examples?: readonly Example[];
  /** Why it takes time: `accounts 2.0.0 has no ready Pods`. */
  readonly waiting?: string;
  /** Since when the candidate, which has traffic, has had no ready Pods. */
  readonly unreadySinceMs?: number;
}

/** The traffic of a stage is in force and the candidate is judged. */
export interface Analysing extends Attempt {
  readonly phase: 'Analysing';
  readonly stage: number;
  readonly traffic: Traffic;
  readonly sinceMs: number;
  readonly tests: Tests;
  readonly verdict: VerdictName;
  readonly checks: readonly CheckVerdict[];
  /** When a request of the candidate was last seen. */
  readonly seenAtMs: number;
  /** What the source of evidence said last, if it could not tell. */
  readonly missing?: { readonly reason: string; readonly hint: string };
  /** Calls of our own stand in for callers that do not come. */
  readonly driving?: true;
  /** What a person has to decide, or what the next stage waits for. */
  readonly waiting?: string;
  /** Since when the candidate, which has traffic, has had no ready Pods. */
  readonly unreadySinceMs?: number;
  readonly examples: readonly Example[];
}

/** Back to the stable release; wanted, and not yet known to be in force. */
export interface Reverting extends Attempt {
  readonly phase: 'Reverting';
  readonly sinceMs: number;
  readonly outcome: Exclude<Outcome, 'Promoted'>;
  readonly reason: string;
  /** What is wanted now. Absent: `nothingForCandidate`. */
  readonly traffic?: Traffic;
  /** Why it takes time: `accounts 1.4.0 has no ready Pods`. */
  readonly waiting?: string;
  readonly stage?: number;
  readonly checks: readonly CheckVerdict[];
  readonly verdict: VerdictName;
  readonly examples: readonly Example[];
}

/** Decided and in force. It stays so until something else is asked for. */
export interface Ended extends Attempt {
  readonly phase: 'Ended';
  readonly outcome: Outcome;
  readonly reason: string;
  readonly endedAtMs: number;
  readonly verdict: VerdictName;
  readonly checks: readonly CheckVerdict[];
  readonly examples: readonly Example[];
}

export type Outcome = 'Promoted' | 'RolledBack' | 'Aborted' | 'Superseded' | 'Refused';

export interface GateResult {
  readonly gate: GateName;
  readonly result: 'open' | 'shut' | 'pending';
  readonly reason: string;
}

export const gateNames = ['contract', 'readiness', 'smoke', 'evidence'] as const;
export type GateName = (typeof gateNames)[number];

/** What the sequential tests carry from reading to reading. Plain JSON. */
export interface Tests {
  /** Since the traffic of the stage was first wanted. */
  readonly stable: Counts;
  readonly candidate: Counts;
  readonly byCheck: Readonly<Record<string, CheckMemory>>;
}
