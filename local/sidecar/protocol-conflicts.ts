import { selectsLabels } from '../objects/selector.ts';
import type { Stored } from '../store/types.ts';
import type { MeshPod } from './mesh-pod.ts';
import type { LinkerdServer } from './objects.ts';
import { type Protocol, proxyProtocols } from './protocol.ts';
import type { MeshService, MeshServicePort } from './services.ts';

/** Two objects that say different things about the protocol of one app port; the message names both and what is in force. */
export interface ProtocolConflict {
  readonly kind: 'Service' | 'Server.policy.linkerd.io';
  readonly namespace: string;
  readonly name: string;
  readonly message: string;
}

interface Claim {
  readonly service: MeshService;
  readonly protocol: Protocol;
}

/** Number of the app port that a Service port sends to in this Pod. */
function appPortOf({ targetPort }: MeshServicePort, pod: MeshPod): number | undefined {
  return typeof targetPort === 'number' ? targetPort : pod.ports.find(({ name }) => name === targetPort)?.port;
}

function claimsOf(pod: MeshPod, services: Iterable<MeshService>): Map<number, Claim[]> {
  const claims = new Map<number, Claim[]>();
  for (const service of services) {
    if (service.namespace !== pod.namespace || !service.selector || !selectsLabels(service.selector, pod.labels))
      continue;
    for (const port of service.ports) {
      const number = appPortOf(port, pod);
      if (number !== undefined)
        claims.set(number, [...(claims.get(number) ?? []), { service, protocol: port.protocol }]);
    }
  }
  return claims;
}

/**
 * What contradicts each other, once per pair of objects. The first Service by name decides over the others, and a Service that says a protocol
 * over a Server. Pure.
 * @param serverOf The Linkerd Server of a port of a Pod.
 */
export function protocolConflicts(
  pods: Iterable<MeshPod>,
  services: readonly MeshService[],
  serverOf: (pod: MeshPod, port: number) => Stored<LinkerdServer> | undefined,
): ProtocolConflict[] {
  const found = new Map<string, ProtocolConflict>();
  const add = (conflict: ProtocolConflict) => found.set(JSON.stringify(conflict), conflict);
  for (const pod of pods) {
    for (const [port, [first, ...others]] of claimsOf(pod, services)) {
      if (!first) continue;
      const inForce = `${first.protocol} is in force`;
      const said = `Service ${first.service.name} says ${first.protocol}`;
      for (const { service, protocol } of others) {
        if (protocol === first.protocol) continue;
        const message = `port ${port} of its Pods: Service ${service.name} says ${protocol}, ${said}; ${inForce}, because its name comes first`;
        add({ kind: 'Service', namespace: service.namespace, name: service.name, message });
      }
      const server = serverOf(pod, port);
      const wanted = proxyProtocols[server?.spec.proxyProtocol ?? 'unknown'];
      if (!server || wanted === undefined || wanted === first.protocol) continue;
      const message = `spec.proxyProtocol: ${server.spec.proxyProtocol} (${wanted}), but ${said} of port ${port}; ${inForce}: make the appProtocol of the Service agree`;
      add({ kind: 'Server.policy.linkerd.io', namespace: pod.namespace, name: server.metadata.name, message });
    }
  }
  return [...found.values()];
}
