import type { Pod, PodCondition } from 'kubernetes-types/core/v1.js';
import { meshPod } from '../sidecar/mesh-pod.ts';
import { outboundPortRange } from '../sidecar/outbound-ports.ts';
import type { Stored } from '../store/types.ts';

/**
 * Condition of a Pod: True when a process of this machine can neither reach its programs around the sidecar nor speak in their name, which
 * takes a sidecar and Unix sockets on both of its sides. Otherwise the message names each hole (docs/architecture.md, What a container gets). Pure.
 */
export function isolation(pod: Stored<Pod>, ip: string | undefined, meshed: boolean): PodCondition {
  const type = 'parley.dev/Isolated';
  const { sockets, ports, gateway } = meshPod(pod, ip ?? '');
  const address = ip ?? 'its address';
  const reachable = ports.map(({ port }) => `${address}:${port}`).join(', ');
  if (!meshed) {
    const open = reachable ? `; every local process can connect to ${reachable}` : '';
    const message = `not in the mesh: no sidecar proves who it is or checks who calls${open}`;
    return { type, status: 'False', reason: 'NotInMesh', message };
  }
  if (sockets) return { type, status: 'True', reason: gateway ? 'Gateway' : 'UnixSockets' };
  const { first, last } = outboundPortRange;
  const holes = [
    ...(reachable ? [`every local process can connect around the sidecar to ${reachable}`] : []),
    `the sidecar's listeners on ${address}, ports ${first} to ${last}, speak in the Pod's name for every local process`,
  ];
  return { type, status: 'False', reason: 'TcpPorts', message: holes.join('; ') };
}
