import { inboundPort } from './clusters.ts';
import type { AppPort, MeshPod } from './mesh-pod.ts';
import type { OutboundPorts } from './outbound.ts';

const serviceAddress = /([a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9-]*\.svc\.cluster\.local):(\d+)/g;

/**
 * What a container's environment needs to go through the sidecar: the folder of sockets, or for programs that speak only
 * TCP every `<service>.<namespace>.svc.cluster.local:<port>` replaced by the sidecar's own address for it.
 */
export function sidecarEnvironment(
  pod: MeshPod,
  declared: Readonly<Record<string, string>>,
  ports: OutboundPorts,
): Record<string, string> {
  if (pod.sockets) return { PARLEY_SOCKETS: '.' };
  const changed: Record<string, string> = {};
  for (const [name, value] of Object.entries(declared)) {
    const rewritten = value.replaceAll(
      serviceAddress,
      (_all, host: string, port: string) => `${pod.ip}:${ports(host, Number(port))}`,
    );
    if (rewritten !== value) changed[name] = rewritten;
  }
  return changed;
}

/** Condition of a Pod that says whether every way to its programs leads through its sidecar. */
export const isolatedCondition = 'parley.dev/Isolated';

/** The state of that condition; a hole is named. */
export function isolation(
  pod: MeshPod,
  meshed: boolean,
  apps: readonly AppPort[],
): { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string } {
  if (meshed && pod.sockets) {
    return {
      status: 'True',
      reason: 'UnixSockets',
      message: "its programs listen and call by sockets in the Pod's own folder",
    };
  }
  const open = apps.map(({ port }) => `${pod.ip}:${port}`).join(', ') || `the ports of ${pod.ip}`;
  if (!meshed) {
    return {
      status: 'False',
      reason: 'NotInMesh',
      message: `any process on this machine can reach ${open}; the Pod has no sidecar`,
    };
  }
  return {
    status: 'False',
    reason: 'TcpPorts',
    message: `any process on this machine can reach ${open} around the sidecar (${pod.ip}:${inboundPort}), and call out in its name by ${pod.ip}:20000 and up`,
  };
}
