/** Who gets what while a rollout is at one stage. Everything a controller has to make true, and nothing else. */
export interface Traffic {
  /** Share of the candidate in percent, 0..100; the stable release has the rest. Of requests, or of connections for TCP. */
  readonly weight: number;
  /** Requests that match go to the candidate whatever the weight is. All headers and cookies of one entry must match; entries are alternatives. */
  readonly match?: readonly RequestMatch[];
  /** Share of requests in percent that are sent to the candidate as well; its answers are thrown away. */
  readonly mirrorPercent?: number;
  /** Consumers of queues and streams: how many Pods of each release take messages. */
  readonly replicas?: { readonly stable: number; readonly candidate: number };
}

/** All of these have to be in a request. */
export interface RequestMatch {
  readonly headers?: readonly NamedValue[];
  readonly cookies?: readonly NamedValue[];
}

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** One stage of a rollout: the traffic, and whether the evidence has to be sufficient before the next one. */
export interface Stage {
  /** As people are shown it: `10 %`, `mirror 100 %`, `header x-canary: 1`, `1 of 4 consumers`. */
  readonly title: string;
  readonly traffic: Traffic;
  /** How long it lasts at least, whatever the evidence says. */
  readonly minDurationMs: number;
}

/** The stable release has everything. */
export const nothingForCandidate: Traffic = { weight: 0 };
