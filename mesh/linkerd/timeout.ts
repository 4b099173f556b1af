import { linkerdDuration } from '../duration.ts';
import type { MeshIntent, ServiceIntent } from '../intent.ts';
import type { Finding } from '../mesh.ts';

/** A time-out of the whole call by annotation of the route (https://linkerd.io/2/reference/timeouts/); for GRPCRoute too. */
export function timeout(
  intent: MeshIntent,
  service: ServiceIntent,
): { annotations: Record<string, string>; notExpressed: Finding[] } {
  const { timeoutMs } = service;
  if (timeoutMs === undefined) return { annotations: {}, notExpressed: [] };
  if (service.protocol === 'tcp') {
    return {
      annotations: {},
      notExpressed: [
        {
          object: `TCPRoute ${intent.namespace}/${service.name}`,
          field: `services[${service.name}].timeoutMs`,
          reason: 'TCP has no requests to bound',
        },
      ],
    };
  }
  return { annotations: { 'timeout.linkerd.io/request': linkerdDuration(timeoutMs) }, notExpressed: [] };
}
