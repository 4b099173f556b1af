import type { Pod } from 'kubernetes-types/core/v1.js';
import type { KeyPair } from '../pki/certificate.ts';
import type { Span } from '../services/testing/otlp.ts';
import { startEmbedded } from './embedded/site.ts';
import { joinKind } from './kind/site.ts';
import type { Location } from './location.ts';
import type { Prober } from './prober.ts';
import { type TestPlace, testPlace } from './target.ts';

/** A running exchange as every target has it. Its own members are what each target does in its own way. */
export interface Exchange extends Location {
  readonly place: TestPlace;
  /** `/metrics` of a Pod's admin port. */
  metricsOf(pod: Pod): Promise<string>;
  /** Stops the application of a Pod: its connections stay open and nobody answers, until `thaw`. */
  freeze(pod: Pod): Promise<{ thaw(): Promise<void> }>;
  /** Makes a change to a route of the edge, such as `edge-accounts`, and resolves when every edge goes by it. */
  routeInForce(route: string, change: () => Promise<unknown>): Promise<void>;
  /** What was recorded of a trace so far; only for an exchange that was started with `traces`. */
  spansOf(traceId: string): Promise<readonly Span[]>;
  openProber(): Promise<Prober>;
  /** Certificate and key of the authority that the mesh signs identities with. */
  identityAuthority(): Promise<KeyPair>;
  /** Ends it, or gives it back for the next file; then proof that nothing is left that should not be. */
  stop(): Promise<void>;
}

export interface ExchangeOptions {
  /** Spans are kept, for `spansOf`. */
  readonly traces?: true;
}

/**
 * The exchange of this run's target with default releases only, all weight on them: a fresh embedded cluster, or the
 * kind cluster that all files share. Everything answers when this resolves.
 */
export function startExchange(options: ExchangeOptions = {}): Promise<Exchange> {
  const place = testPlace();
  return place.target === 'kind' ? joinKind(place) : startEmbedded({ mesh: place.mesh, traces: options.traces });
}
