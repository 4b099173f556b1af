import { releaseName } from '../../mesh/release.ts';
import type { RolloutResource } from '../../rollout/resource/rollout.ts';
import type { Cluster, ObjectName } from '../cluster.ts';
import { Failure } from '../failure.ts';
import { isRunning } from './phase.ts';
import { listRollouts } from './rollouts.ts';

/** A service whose weights belong to a rollout, because an attempt is at work. */
export interface Held {
  readonly service: string;
  readonly stable: string;
  readonly candidate: string;
  readonly attempt: number;
}

/** Services whose routes nobody but the rollout controller may write now, by name. */
export async function heldServices(cluster: Pick<Cluster, 'list'>): Promise<ReadonlyMap<string, Held>> {
  const held = (await listRollouts(cluster)).flatMap(heldBy);
  return new Map(held.map((each) => [each.service, each]));
}

function heldBy({ spec, status }: RolloutResource): Held[] {
  if (!isRunning(status)) return [];
  const { candidate = spec.candidate, stable = spec.stable ?? '', attempt = 0 } = status ?? {};
  return [{ service: spec.service, stable, candidate, attempt }];
}

/** Fails while an attempt moves the weights of the service. */
export async function requireOwnWeights(cluster: Pick<Cluster, 'list'>, service: string): Promise<void> {
  const held = (await heldServices(cluster)).get(service);
  if (held) throw heldFailure(held, `the weights of ${service} belong to its rollout`);
}

/** Fails while an attempt needs the release. */
export async function requireNotInRollout(
  cluster: Pick<Cluster, 'list'>,
  service: string,
  release: string,
): Promise<void> {
  const held = (await heldServices(cluster)).get(service);
  if (!held || (release !== held.stable && release !== held.candidate)) return;
  const role = release === held.stable ? 'stable release' : 'candidate';
  throw heldFailure(held, `${service} ${release} is the ${role} of a rollout`);
}

function heldFailure({ service, candidate, attempt }: Held, what: string): Failure {
  return new Failure('RolloutRuns', `${what} (attempt ${attempt}, ${candidate})`, {
    hint: `Type: parley rollout abort ${service}   (or wait: parley rollout status ${service} --watch)`,
  });
}

interface RouteRules {
  readonly spec?: { readonly rules?: readonly { readonly backendRefs?: readonly { readonly name?: string }[] }[] };
}

/** Whether an object is a route that a rollout writes: one that has a release of it among its backends. Pure. */
export function isHeldRoute(object: Pick<ObjectName, 'kind'> & RouteRules, held: ReadonlyMap<string, Held>): boolean {
  if (!object.kind.endsWith('Route') || held.size === 0) return false;
  const names = [...held.values()].flatMap(({ service, stable, candidate }) =>
    [stable, candidate].map((release) => releaseName(service, release)),
  );
  return (object.spec?.rules ?? []).some(({ backendRefs = [] }) =>
    backendRefs.some(({ name }) => name !== undefined && names.includes(name)),
  );
}
