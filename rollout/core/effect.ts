import type { GateName } from './state.ts';
import type { Traffic } from './traffic.ts';

/** What a controller is to do next; each may be done again without harm. */
export type Effect =
  /** Write the traffic into every route of the service. */
  | { readonly do: 'route'; readonly stable: string; readonly candidate: string; readonly traffic: Traffic }
  /** Find out whether a gate is open; the answer comes with a later observation. */
  | { readonly do: 'ask'; readonly gate: GateName; readonly candidate: string }
  /** Count what happens to both releases from now on (or go on counting). Not asked for any more: stop counting. */
  | { readonly do: 'watch'; readonly stable: string; readonly candidate: string }
  /** Make calls of our own to the candidate while this is asked for. */
  | { readonly do: 'drive'; readonly candidate: string };

/** Told to people as a Kubernetes Event; `reason` is UpperCamelCase. */
export interface RolloutEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}
