import { type Clock, timestamp } from '../clock.ts';
import type { EventRecorder } from '../objects/events.ts';
import { groupKind } from '../objects/owners.ts';
import type { KubeObject, ObjectStore, Stored } from '../store/types.ts';
import { gatewayStatus, type HostPorts } from './gateway-status.ts';
import { gatewayWorkload } from './gateway-workload.ts';
import type { AnyRoute, Gateway } from './objects.ts';
import { controllerName, type Programmed, routeParents } from './route-status.ts';
import type { World } from './world.ts';

/** Classes of Gateways that the embedded cluster serves. */
export const gatewayClasses: readonly string[] = ['istio', 'parley'];

export interface Publisher {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Writes a status when it differs. The object may have gone or changed meanwhile: the change brings the next round. */
function writeStatus({ store }: Publisher, object: Stored<object>, status: object): void {
  const { name, namespace } = object.metadata;
  const present = store.get<{ status?: object }>(groupKind(object), name, namespace);
  if (!present || present.metadata.generation !== object.metadata.generation || same(present.status, status)) return;
  store.updateStatus({ ...present, status } as KubeObject);
}

function publishRoute(publisher: Publisher, route: AnyRoute, world: World, result: Programmed): void {
  const current = publisher.store.get<AnyRoute>(groupKind(route), route.metadata.name, route.metadata.namespace);
  if (!current) return;
  const parents = routeParents(current as AnyRoute, world, result, timestamp(publisher.clock.now()));
  for (const { conditions } of parents) {
    const failed = conditions.find(({ type, reason }) => type === 'Programmed' && reason === 'Refused');
    const before = (current as AnyRoute).status?.parents?.flatMap((parent) => parent.conditions);
    if (failed && !before?.some(({ message }) => message === failed.message)) {
      publisher.events.record(route, { type: 'Warning', reason: 'Refused', message: failed.message });
    }
  }
  writeStatus(publisher, route, { ...(current as AnyRoute).status, parents });
}

/** Tells in the status of routes and gateways what is in force. */
export function publish(
  publisher: Publisher,
  world: World,
  ports: HostPorts,
  result: (route?: AnyRoute) => Programmed,
): void {
  for (const route of [...world.requestRoutes, ...world.tcpRoutes])
    publishRoute(publisher, route, world, result(route));
  for (const gateway of world.gateways) {
    if (!gatewayClasses.includes(gateway.spec.gatewayClassName)) continue;
    const current = publisher.store.get<Gateway>(groupKind(gateway), gateway.metadata.name, gateway.metadata.namespace);
    if (!current) continue;
    const status = gatewayStatus(current, world, ports, result(), timestamp(publisher.clock.now()));
    writeStatus(publisher, gateway, status);
  }
}

/** Makes the GatewayClasses, each Accepted. */
export function publishClasses({ store, clock }: Publisher): void {
  for (const name of gatewayClasses) {
    const type = 'GatewayClass.gateway.networking.k8s.io';
    const object =
      store.get<{ status?: { conditions?: unknown[] } }>(type, name) ??
      store.create<{ status?: { conditions?: unknown[] } }>({
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'GatewayClass',
        metadata: { name },
        spec: { controllerName },
      });
    if (object.status?.conditions) continue;
    const accepted = {
      type: 'Accepted',
      status: 'True',
      reason: 'Accepted',
      message: 'served by the sidecars of the embedded cluster',
      observedGeneration: object.metadata.generation,
      lastTransitionTime: timestamp(clock.now()),
    };
    store.updateStatus({ ...object, status: { conditions: [accepted] } } as KubeObject);
  }
}

/** Makes the workload of each Gateway of class `istio` that names no addresses; what is there already is left alone. */
export function ensureGateways({ store }: Publisher, gateways: readonly Stored<Gateway>[]): void {
  for (const gateway of gateways) {
    const { gatewayClassName, addresses } = gateway.spec;
    if (gatewayClassName !== 'istio' || addresses?.length || gateway.metadata.deletionTimestamp) continue;
    for (const object of gatewayWorkload(gateway)) {
      if (store.get(groupKind(object), object.metadata.name ?? '', object.metadata.namespace)) continue;
      store.create(object);
    }
  }
}
