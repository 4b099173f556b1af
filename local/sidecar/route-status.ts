import { allows, commonHosts, refersTo } from './edge.ts';
import type { AnyRoute, Condition, ParentRef, RouteParentStatus } from './objects.ts';
import { serviceKey } from './services.ts';
import { isParent, type World } from './world.ts';

/** Name of this implementation in GatewayClass and route status. */
export const controllerName = 'parley.dev/embedded';

/** What the sidecars said of the present objects. */
export interface Programmed {
  readonly ok: boolean;
  /** Which sidecar did not take it, and its words. */
  readonly message: string;
}

type Draft = Omit<Condition, 'lastTransitionTime'>;

const yes = (type: string, reason: string, message: string): Draft => ({ type, status: 'True', reason, message });
const no = (type: string, reason: string, message: string): Draft => ({ type, status: 'False', reason, message });

/** Gateway API reasons: https://gateway-api.sigs.k8s.io/reference/spec/#routeconditionreason */
function accepted(ref: ParentRef, route: AnyRoute, world: World): Draft {
  const home = route.metadata.namespace ?? '';
  if (ref.kind === 'Service') {
    const service = world.services.get(serviceKey(ref.namespace ?? home, ref.name));
    if (!service || !isParent(ref, home, service)) {
      return no('Accepted', 'NoMatchingParent', `there is no Service ${ref.namespace ?? home}/${ref.name}`);
    }
    const ports = service.ports.filter(({ port }) => ref.port === undefined || port === ref.port);
    const wanted = ports.filter(({ protocol }) => (route.kind === 'TCPRoute') === (protocol === 'tcp'));
    if (wanted.length > 0) return yes('Accepted', 'Accepted', 'the sidecars of callers follow it');
    const have = ports.map(({ port, protocol }) => `${port} ${protocol}`).join(', ') || `no port ${ref.port}`;
    return no(
      'Accepted',
      'NoMatchingParent',
      `Service ${ref.name} has ${have}: nothing that a ${route.kind} can route`,
    );
  }
  const gateway = world.gateways.find((candidate) => refersTo(ref, home, candidate));
  if (!gateway) return no('Accepted', 'NoMatchingParent', `there is no Gateway ${ref.namespace ?? home}/${ref.name}`);
  const listeners = gateway.spec.listeners.filter((listener) => refersTo(ref, home, gateway, listener));
  if (listeners.length === 0) return no('Accepted', 'NoMatchingParent', `Gateway ${ref.name} has no such listener`);
  const open = listeners.filter((listener) => allows(listener, gateway, route));
  if (open.length === 0) return no('Accepted', 'NotAllowedByListeners', 'no listener takes this route (allowedRoutes)');
  if (open.every((listener) => commonHosts(listener, route) === undefined)) {
    return no('Accepted', 'NoMatchingListenerHostname', 'no host name of the route is one of a listener');
  }
  return yes('Accepted', 'Accepted', `Gateway ${ref.name} follows it`);
}

function resolved(route: AnyRoute, world: World): Draft {
  const home = route.metadata.namespace ?? '';
  for (const [index, rule] of (route.spec.rules ?? []).entries()) {
    const mirrors = (rule.filters ?? []).flatMap(({ requestMirror }) => requestMirror?.backendRef ?? []);
    for (const backend of [...(rule.backendRefs ?? []), ...mirrors]) {
      const service = world.services.get(serviceKey(home, backend.name));
      const what = `rules[${index}]: Service ${home}/${backend.name}`;
      if (!service) return no('ResolvedRefs', 'BackendNotFound', `${what} does not exist`);
      const port = service.ports.find((candidate) => candidate.port === backend.port);
      if (!port) return no('ResolvedRefs', 'BackendNotFound', `${what} has no port ${backend.port}`);
      if ((port.protocol === 'tcp') !== (route.kind === 'TCPRoute')) {
        return no('ResolvedRefs', 'UnsupportedProtocol', `${what} port ${backend.port} is ${port.protocol}`);
      }
    }
  }
  return yes('ResolvedRefs', 'ResolvedRefs', 'every backend is there');
}

function stillInForce(previous: RouteParentStatus | undefined, generation: number): boolean {
  const before = previous?.conditions.find(({ type }) => type === 'Programmed');
  return before?.status === 'True' && before.observedGeneration === generation;
}

function programmed(
  route: AnyRoute,
  ref: ParentRef,
  world: World,
  result: Programmed,
  previous?: RouteParentStatus,
): Draft {
  const { generation, namespace } = route.metadata;
  const isEdge = ref.kind !== 'Service';
  if (
    isEdge &&
    ![...world.pods.values()].some((pod) => pod.gateway === ref.name && pod.namespace === (ref.namespace ?? namespace))
  ) {
    return no(
      'Programmed',
      'NoGatewayPod',
      `no Pod with the label gateway.networking.k8s.io/gateway-name=${ref.name} runs`,
    );
  }
  if (result.ok || stillInForce(previous, generation)) {
    return yes('Programmed', 'Programmed', 'every sidecar has confirmed it');
  }
  return no('Programmed', 'Refused', `${result.message}; the last good configuration stays in force`);
}

const sameRef = (a: ParentRef, b: ParentRef) =>
  JSON.stringify([a.group, a.kind, a.namespace, a.name, a.sectionName, a.port]) ===
  JSON.stringify([b.group, b.kind, b.namespace, b.name, b.sectionName, b.port]);

/**
 * `status.parents` of a route: ours anew, those of other controllers as they are. `lastTransitionTime` moves only when a
 * condition does.
 */
export function routeParents(route: AnyRoute, world: World, result: Programmed, now: string): RouteParentStatus[] {
  const present = route.status?.parents ?? [];
  const observedGeneration = route.metadata.generation;
  const own = (route.spec.parentRefs ?? []).map((parentRef): RouteParentStatus => {
    const previous = present.find((one) => one.controllerName === controllerName && sameRef(one.parentRef, parentRef));
    const taken = accepted(parentRef, route, world);
    const last: Draft =
      taken.status === 'True'
        ? programmed(route, parentRef, world, result, previous)
        : no('Programmed', taken.reason, taken.message);
    const conditions = [taken, resolved(route, world), last].map((draft): Condition => {
      const before = previous?.conditions.find(({ type }) => type === draft.type);
      const since = before?.status === draft.status ? before.lastTransitionTime : now;
      return { ...draft, observedGeneration, lastTransitionTime: since };
    });
    return { parentRef, controllerName, conditions };
  });
  return [...own, ...present.filter((one) => one.controllerName !== controllerName)];
}
