import type { Check } from './check.ts';
import type { Stage } from './traffic.ts';

/** A rollout as it was asked for: parsed, valid, every default filled in (rollout/resource/parse.ts makes it). */
export interface RolloutPlan {
  /** Apex Service. */
  readonly service: string;
  readonly candidate: string;
  /** Absent: the release that has the most weight when the rollout begins. */
  readonly stable?: string;
  /** Rises when the same candidate is to be tried again. */
  readonly retry: number;
  /** In order; the last one gives the candidate everything. */
  readonly stages: readonly Stage[];
  readonly checks: readonly Check[];
  readonly decision: Decision;
  readonly gates: Gates;
  readonly noEvidence: NoEvidence;
  readonly paused: boolean;
  /** A person's word about the attempt that runs; it holds for that attempt only. */
  readonly request?: { readonly action: 'promote' | 'abort'; readonly attempt: number };
}

export interface Decision {
  /** Probability that a good candidate is refused: alpha. */
  readonly falseAlarm: number;
  /** Probability that a bad candidate passes: beta. */
  readonly missed: number;
  /** Probability that a failure of something both releases depend on is held against the candidate. */
  readonly falseBlame: number;
  /** Of each stage. */
  readonly minRequests: number;
  /** A stage that is undecided after so long, or after so many requests of the candidate, ends as `onInconclusive` says. */
  readonly maxDurationMs: number;
  readonly maxRequests?: number;
  readonly onInconclusive: 'rollback' | 'pause';
}

/** What has to be so before the candidate gets its first request. */
export interface Gates {
  readonly contract: boolean;
  readonly readinessTimeoutMs: number;
  /** Whether calls are made to the candidate first (rollout/calls/). */
  readonly smoke: boolean;
  /** Whether the source of evidence has to show the calls of the smoke gate before anybody else's. */
  readonly evidence: boolean;
}

/** What to do when no request of the candidate was seen for `afterMs`. */
export interface NoEvidence {
  readonly afterMs: number;
  readonly action: 'wait' | 'drive' | 'stop';
}
