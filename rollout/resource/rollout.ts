import type { Condition } from 'kubernetes-types/meta/v1.js';
import type { CheckVerdict, VerdictName } from '../core/check.ts';
import type { Example } from '../core/evidence.ts';
import type { Outcome, State } from '../core/state.ts';
import type { NamedValue, RequestMatch } from '../core/traffic.ts';

export const rolloutGroup = 'parley.dev';
export const rolloutVersion = 'v1alpha1';
export const rolloutKind = { apiVersion: `${rolloutGroup}/${rolloutVersion}`, kind: 'Rollout' } as const;

/** `0.1%`: shares in the resource are percent, because the API conventions discourage floating point. */
export type Percent = string;
/** Gateway API duration (GEP-2257): `10s`, `1m30s`, `250ms`. */
export type Duration = string;

/** One per service, of the same name as its apex Service. */
export interface RolloutSpec {
  /** Apex Service in the same namespace; cannot be changed. */
  readonly service: string;
  /** The release that is to take over, such as `2.0.0`; its Deployment and Service are `<service>-<release>`. */
  readonly candidate: string;
  /** Default: the release that has the most weight when the rollout begins. */
  readonly stable?: string;
  /** Raise it to try the same candidate again. */
  readonly retry?: number;
  /** Exactly one member. Default: canary with 10 and 50 percent. */
  readonly strategy?: StrategySpec;
  /** Default: errors (0.1% good, 5% bad) and latency (95 %, 1.5 times the stable release's, 20% bad). */
  readonly checks?: readonly CheckSpec[];
  readonly decision?: DecisionSpec;
  readonly gates?: GatesSpec;
  /** How calls of the kit's own reach a release: for smoke calls, body checks and synthetic traffic. */
  readonly calls?: CallsSpec;
  readonly noEvidence?: { readonly after?: Duration; readonly action?: 'Wait' | 'DriveTraffic' | 'Stop' };
  /** No further stage begins; a failing candidate is still rolled back. */
  readonly paused?: boolean;
  /** A person's word about the attempt that `status.attempt` shows. */
  readonly request?: { readonly action: 'Promote' | 'Abort'; readonly attempt: number };
}

/** Exactly one member. */
export interface StrategySpec {
  readonly canary?: { readonly steps: readonly StepSpec[] };
  readonly blueGreen?: { readonly minDuration?: Duration };
  /** Only requests that match go to the candidate until it passed. */
  readonly match?: { readonly any: readonly RequestMatch[]; readonly minDuration?: Duration };
  readonly mirror?: { readonly percent?: number; readonly minDuration?: Duration };
  /** Competing consumers: so many Pods of the candidate, one stage each; then all of them. */
  readonly consumer?: { readonly pods: number; readonly steps: readonly number[]; readonly minDuration?: Duration };
}

/** One stage of a canary; `weight` is the candidate's share in percent. */
export interface StepSpec {
  readonly weight: number;
  readonly minDuration?: Duration;
}

/** Exactly one member beside the name. */
export interface CheckSpec {
  readonly name: string;
  readonly errorRate?: { readonly good?: Percent; readonly bad?: Percent };
  readonly latency?: {
    readonly quantile?: Percent;
    readonly limit?: Duration;
    readonly ratio?: Percent;
    readonly bad?: Percent;
  };
  /** Answers of `spec.calls` that are not as expected. */
  readonly body?: { readonly good?: Percent; readonly bad?: Percent };
  /** `dead_letters` of a broker's queue, or what a program of one's own counts, such as `sequence_gaps`. */
  readonly counter?: { readonly name: string; readonly good?: Percent; readonly bad?: Percent };
  readonly gauge?: { readonly name: string; readonly limit: number; readonly for?: Duration };
}

/** How sure a verdict has to be, and what happens without one. */
export interface DecisionSpec {
  readonly falseAlarm?: Percent;
  readonly missed?: Percent;
  readonly falseBlame?: Percent;
  readonly minRequests?: number;
  readonly maxDuration?: Duration;
  readonly maxRequests?: number;
  readonly onInconclusive?: 'Rollback' | 'Pause';
}

/** What has to hold before the candidate's first request. */
export interface GatesSpec {
  /** Refuses a candidate that lacks a contract version that the stable release serves. Default true. */
  readonly contract?: boolean;
  readonly readinessTimeout?: Duration;
  /** Makes every call of `spec.calls` once and wants all answers as expected. Default: true when there are calls. */
  readonly smoke?: boolean;
  /** Wants the source of evidence to show the smoke calls, and names what it lacks. Default: as `smoke`. */
  readonly evidence?: boolean;
}

export interface CallsSpec {
  /** Calls a second while they are made for a body check or as synthetic traffic. Default 10. */
  readonly rate?: number;
  /** A Secret in the same namespace with `token-url`, `client-id`, `client-secret`: OAuth 2 client credentials (RFC 6749, 4.4). */
  readonly credentials?: { readonly secretName: string };
  readonly requests: readonly CallSpec[];
}

export interface CallSpec {
  readonly name: string;
  readonly method?: 'GET' | 'POST';
  /** Path by which the edge leads to the service; of gRPC services the method, `/grpc.health.v1.Health/Check`. */
  readonly path: string;
  readonly headers?: readonly NamedValue[];
  /** JSON text. */
  readonly body?: string;
  readonly expect: {
    readonly status?: number;
    /** JSON pointers (RFC 6901) into the answer, and what is there. */
    readonly json?: readonly {
      readonly pointer: string;
      readonly type?: 'string' | 'number' | 'boolean' | 'array' | 'object' | 'absent';
      readonly value?: string;
    }[];
  };
}

/** What people are shown of a state. */
export type RolloutPhase =
  | 'Idle'
  | 'Gating'
  | 'Shifting'
  | 'Analysing'
  | 'Paused'
  | 'Reverting'
  | 'Promoted'
  | 'RolledBack'
  | 'Aborted'
  | 'Superseded'
  | 'Refused';

/** What the controller says; `state` is what it goes on from. */
export interface RolloutStatus {
  readonly observedGeneration?: number;
  /** Absent in an object that no controller has seen. */
  readonly attempt?: number;
  readonly phase?: RolloutPhase;
  readonly stable?: string;
  readonly candidate?: string;
  /** Percent of the candidate as it is wanted now. */
  readonly weight?: number;
  readonly verdict?: VerdictName;
  /** `2/3 50 %`. */
  readonly stage?: string;
  /** One sentence: what it is doing or why it ended. */
  readonly message?: string;
  readonly checks?: readonly CheckVerdict[];
  readonly examples?: readonly Example[];
  readonly conditions?: readonly Condition[];
  /** The newest first, at most ten. */
  readonly history?: readonly HistoryEntry[];
  /** Where the engine is, for the controller that goes on from here. */
  readonly state?: State;
}

/** An attempt that ended. */
export interface HistoryEntry {
  readonly attempt: number;
  readonly candidate: string;
  readonly stable: string;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly beganAt: string;
  readonly endedAt: string;
  readonly checks: readonly CheckVerdict[];
  readonly examples: readonly Example[];
}

/** A Rollout as the API server has it. */
export interface RolloutResource {
  readonly apiVersion: (typeof rolloutKind)['apiVersion'];
  readonly kind: (typeof rolloutKind)['kind'];
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: RolloutSpec;
  readonly status?: RolloutStatus;
}
