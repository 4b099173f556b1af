import { rolloutHeader } from '../../mesh/rollout-header.ts';
import type { PlannedCall } from './planned-call.ts';

interface HeaderMatch {
  readonly type: 'Exact';
  readonly name: string;
  readonly value: string;
}

/** A match of an HTTPRoute rule (https://gateway-api.sigs.k8s.io/reference/spec/#httproutematch). */
export interface HttpCallMatch {
  readonly path: { readonly type: 'Exact'; readonly value: string };
  readonly headers: readonly [HeaderMatch];
}

/** A match of a GRPCRoute rule (https://gateway-api.sigs.k8s.io/reference/spec/#grpcroutematch). */
export interface GrpcCallMatch {
  readonly method: { readonly type: 'Exact'; readonly service: string; readonly method: string };
  readonly headers: readonly [HeaderMatch];
}

/**
 * Matches for the rule of an HTTPRoute at the edge that leads calls with this value of the header to a release. Each has the whole path of a
 * call: an exact path goes before the prefixes of the other rules, which a header alone does not, and the header opens no other path of the
 * service to the outside.
 */
export function httpCallMatches(calls: readonly Pick<PlannedCall, 'path'>[], value: string): HttpCallMatch[] {
  const paths = new Set(calls.map(({ path }) => path.split('?')[0] ?? path));
  return [...paths].map((path) => ({ path: { type: 'Exact', value: path }, headers: [headerMatch(value)] }));
}

/** The same for a GRPCRoute. */
export function grpcCallMatches(calls: readonly Pick<PlannedCall, 'path'>[], value: string): GrpcCallMatch[] {
  const paths = new Set(calls.map(({ path }) => path));
  return [...paths].map((path) => {
    const [, service = '', method = ''] = path.split('/');
    return { method: { type: 'Exact', service, method }, headers: [headerMatch(value)] };
  });
}

function headerMatch(value: string): HeaderMatch {
  return { type: 'Exact', name: rolloutHeader, value };
}
