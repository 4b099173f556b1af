import type { MeshPod } from './mesh-pod.ts';
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
