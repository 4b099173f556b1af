import type { Reading } from './evidence.ts';
import type { RolloutPlan } from './plan.ts';
import type { GateName, GateResult } from './state.ts';
import type { Traffic } from './traffic.ts';

/** Everything a step may know; there is no other way in for the world. */
export interface Observation {
  /** Milliseconds since 1970, from the controller's clock. */
  readonly nowMs: number;
  /** Undefined: the object is to go; what it did to the traffic is taken back first. */
  readonly plan: RolloutPlan | undefined;
  /** Release -> what is known of its Pods; releases that are not deployed are not in it. */
  readonly releases: Readonly<Record<string, ReleaseFacts>>;
  /** Traffic that every route of the service asks for, and whether those who carry it out confirmed it. */
  readonly routed: Routed | undefined;
  /** Answers to the gates that the last step asked for. */
  readonly gates: Partial<Record<GateName, GateResult>>;
  /** What was seen since the last observation; undefined: nobody was asked. */
  readonly reading?: Reading;
}

/** Numbers of the release's Pods. */
export interface ReleaseFacts {
  readonly readyPods: number;
  readonly wantedPods: number;
}

/** What the routes of an attempt do now. */
export interface Routed {
  /** Release -> weight as the routes have it now; empty: no route leads to a release of the attempt any more. */
  readonly weights: Readonly<Record<string, number>>;
  /** Whether the routes ask for exactly this traffic; compared with what the state wants. */
  readonly isAt: (stable: string, candidate: string, traffic: Traffic) => boolean;
  /** Why the traffic that was wanted last could not be written. */
  readonly refused?: string;
  /** `true`: every sidecar goes by the routes as they are written now; otherwise what is not so yet. */
  readonly inForce: true | string;
}
