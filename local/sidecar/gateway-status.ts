import { withCondition } from '../objects/conditions.ts';
import type { Stored } from '../store/types.ts';
import { listenerCertificate } from './compile.ts';
import { routesOf } from './edge.ts';
import type { Condition, Gateway, Listener } from './objects.ts';
import type { Programmed } from './route-status.ts';
import type { World } from './world.ts';

interface ListenerStatus {
  readonly name: string;
  readonly supportedKinds: readonly { readonly group: string; readonly kind: string }[];
  readonly attachedRoutes: number;
  readonly conditions: readonly Condition[];
}

export interface GatewayStatus {
  readonly addresses: readonly { readonly type: 'IPAddress'; readonly value: string }[];
  readonly conditions: readonly Condition[];
  readonly listeners: readonly ListenerStatus[];
}

/** Where listeners are open on the host. */
export interface HostPorts {
  /** Listener port -> address such as `127.0.0.1:7080`. */
  readonly mapped: Readonly<Record<number, string>>;
  /** Addresses that another program holds, with the error. */
  readonly taken: ReadonlyMap<string, string>;
}

type Problem = { readonly type: 'Programmed' | 'ResolvedRefs'; readonly reason: string; readonly message: string };

function problemOf(gateway: Stored<Gateway>, listener: Listener, world: World, ports: HostPorts): Problem | undefined {
  const address = ports.mapped[listener.port];
  if (!address) {
    const known = Object.keys(ports.mapped).join(', ');
    return {
      type: 'Programmed',
      reason: 'PortUnavailable',
      message: `port ${listener.port} is not mapped to the host; use one of ${known}`,
    };
  }
  const taken = ports.taken.get(address);
  if (taken) return { type: 'Programmed', reason: 'PortUnavailable', message: taken };
  if (listener.protocol !== 'HTTPS') return undefined;
  if (listenerCertificate(world, gateway.metadata.namespace ?? '', listener)) return undefined;
  const name = listener.tls?.certificateRefs?.[0]?.name;
  const message = `Secret ${gateway.metadata.namespace}/${name} is not there or has no tls.crt and tls.key`;
  return { type: 'ResolvedRefs', reason: 'InvalidCertificateRef', message };
}

/** Status of a Gateway (https://gateway-api.sigs.k8s.io/reference/spec/#gatewaystatus). */
export function gatewayStatus(
  gateway: Stored<Gateway>,
  world: World,
  ports: HostPorts,
  result: Programmed,
  now: string,
): GatewayStatus {
  const observedGeneration = gateway.metadata.generation;
  const { name, namespace } = gateway.metadata;
  const serves = [...world.pods.values()].some((pod) => pod.gateway === name && pod.namespace === namespace);
  const state = (type: string, problem: { reason: string; message: string } | undefined) => ({
    type,
    status: problem ? ('False' as const) : ('True' as const),
    reason: problem?.reason ?? type,
    message: problem?.message ?? '',
    observedGeneration,
    lastTransitionTime: now,
  });
  const noPod = serves ? undefined : { reason: 'Pending', message: `no Pod of Gateway ${name} runs yet` };
  const refused = result.ok ? undefined : { reason: 'Invalid', message: result.message };
  const problems = gateway.spec.listeners.map((listener) => problemOf(gateway, listener, world, ports));
  const old = (gateway.status?.listeners ?? []) as readonly ListenerStatus[];
  const listeners = gateway.spec.listeners.map((listener, index): ListenerStatus => {
    const problem = problems[index];
    const before = old.find((one) => one.name === listener.name)?.conditions;
    const conditions = [
      state('Accepted', undefined),
      state('ResolvedRefs', problem?.type === 'ResolvedRefs' ? problem : undefined),
      state('Programmed', problem ?? noPod ?? refused),
    ].reduce<Condition[]>((list, next) => withCondition(list, next, now) as Condition[], [...(before ?? [])]);
    const supportedKinds = ['HTTPRoute', 'GRPCRoute'].map((kind) => ({ group: 'gateway.networking.k8s.io', kind }));
    return {
      name: listener.name,
      supportedKinds,
      attachedRoutes: routesOf(world.requestRoutes, gateway, listener).length,
      conditions,
    };
  });
  const conditions = [
    state('Accepted', undefined),
    state('Programmed', problems.find((one) => one !== undefined) ?? noPod ?? refused),
  ].reduce<Condition[]>(
    (list, next) => withCondition(list, next, now) as Condition[],
    [...(gateway.status?.conditions ?? [])],
  );
  const hosts = new Set(gateway.spec.listeners.flatMap(({ port }) => ports.mapped[port]?.replace(/:\d+$/, '') ?? []));
  return { addresses: [...hosts].map((value) => ({ type: 'IPAddress', value })), conditions, listeners };
}
