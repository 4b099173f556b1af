import type { EventCount, Example } from '../core/evidence.ts';
import type { GateResult } from '../core/state.ts';
import type { CallsSpec } from '../resource/rollout.ts';

/** Calls of the kit's own to one release of a service, made through the edge. */
export interface ReleaseCalls {
  /**
   * Makes every call once to the candidate. Open: all answers came from it and are as expected. Shut: at least one is not, or the calls cannot
   * be made as they are written. Pending: the answers were not the candidate's (the edge does not go by the rule yet, or cannot be reached);
   * ask again. Never rejects, except with the reason of `signal`.
   */
  smoke(target: CallTarget, signal: AbortSignal): Promise<GateResult>;
  /** Makes the calls in turn, `spec.rate` a second, every other one to the stable release, until it is closed. */
  drive(target: CallTarget): Driving;
  /** Ends every Driving and its connections. */
  close(): Promise<void>;
}

/** The two releases, and what to call. */
export interface CallTarget {
  readonly namespace: string;
  readonly service: string;
  /** Of the Rollout: part of the header by which the edge leads to a release (mesh/rollout-header.ts). */
  readonly uid: string;
  readonly stable: string;
  readonly candidate: string;
  readonly protocol: 'http' | 'grpc' | 'tcp';
  readonly spec: CallsSpec;
}

export interface Driving {
  /** What was answered since the last read. */
  read(): DrivingReading;
  /** No call begins any more, and those in flight are broken off. */
  close(): void;
}

export interface DrivingReading {
  /** Occasions: answers of this release, and calls that it left without an answer. Events: those that are not as expected. */
  readonly stable: EventCount;
  readonly candidate: EventCount;
  readonly examples: readonly Example[];
  /** Why calls came to nothing that can be held against a release: no token, no edge, answers of another release. Absent: none did. */
  readonly trouble?: CallTrouble;
}

export interface CallTrouble {
  /** `NoCredentials`, `TokenRefused`, `EdgeUnreachable`, `NotRouted`, `CallsInvalid`. */
  readonly code: string;
  readonly reason: string;
  readonly hint: string;
}

/** How calls get into the exchange. */
export interface EdgeAddress {
  /** `http://127.0.0.1:7080`, or https. */
  readonly url: string;
  /** PEM of the authorities that an https edge is held against. Default: those of the system. */
  readonly authorityPem?: string;
}

/** Name of the counter that the controller merges a DrivingReading into, of both releases. */
export const bodyCounter = 'body';
