import { releaseName } from '../../mesh/release.ts';
import type { CallTarget } from '../calls/release-calls.ts';
import { bodyCounter } from '../core/check.ts';
import type { RolloutPlan } from '../core/plan.ts';
import type { State } from '../core/state.ts';
import type { EvidenceTarget } from '../evidence/source.ts';
import type { RolloutResource } from '../resource/rollout.ts';
import type { Route } from './objects.ts';
import { isConsumer, type Known, routesOf } from './observe.ts';
import { partsOf } from './route-rules.ts';
import type { World } from './world.ts';

const protocols: Readonly<Record<string, EvidenceTarget['protocol']>> = { GRPCRoute: 'grpc', TCPRoute: 'tcp' };

/** By which port and protocol the routes lead to a release; undefined: none does. */
function wayTo(routes: readonly Route[], service: string, release: string) {
  const name = releaseName(service, release);
  for (const route of routes) {
    const backend = partsOf(route)
      .own.at(-1)
      ?.backendRefs?.find((one) => one.name === name);
    if (backend?.port !== undefined) return { port: backend.port, protocol: protocols[route.kind] ?? 'http' } as const;
  }
  return undefined;
}

/** Whose requests are to be counted; undefined: no route says on which port they are. */
export function evidenceTarget(
  { metadata }: RolloutResource,
  known: Pick<Known, 'service' | 'state' | 'plan' | 'routes'>,
): EvidenceTarget | undefined {
  const { service, state, plan } = known;
  if (!('stable' in state)) return undefined;
  const { stable, candidate } = state;
  // Messages of queues come by no route and no port.
  const none = isConsumer(known) ? ({ port: 0, protocol: 'tcp' } as const) : undefined;
  const way = wayTo(routesOf(known), service, stable) ?? none;
  const checks = plan?.checks ?? [];
  const counters = checks.flatMap((check) =>
    check.kind === 'counter' && check.counter !== bodyCounter ? [check.counter] : [],
  );
  const gauges = checks.flatMap((check) => (check.kind === 'gauge' ? [check.gauge] : []));
  return way && { namespace: metadata.namespace, service, ...way, stable, candidate, counters, gauges };
}

/** Whether calls of the kit's own go on: a check looks at their answers, or callers do not come. */
export function callsWanted(plan: RolloutPlan | undefined, isWatched: boolean, isDriven: boolean): boolean {
  const hasBody = plan?.checks.some((check) => check.kind === 'counter' && check.counter === bodyCounter) ?? false;
  return isDriven || (isWatched && hasBody);
}

/** Whom calls of the kit's own go to; undefined: the rollout names none. */
export function callTarget(
  { metadata, spec }: RolloutResource,
  state: State,
  world: Pick<World, 'routesOf'>,
): CallTarget | undefined {
  const { calls, service } = spec;
  if (!calls || !metadata.uid || !('stable' in state)) return undefined;
  const { namespace, uid } = metadata;
  const { stable, candidate } = state;
  const protocol = wayTo(world.routesOf(namespace, service), service, stable)?.protocol ?? 'http';
  return { namespace, service, uid, stable, candidate, protocol, spec: calls };
}
