import { gatewayDuration } from '../duration.ts';
import type { MeshIntent, ServiceIntent } from '../intent.ts';
import type { Finding } from '../mesh.ts';
import type { RouteExtras } from '../routes.ts';

/**
 * `rules[].retry` of HTTPRoute (https://gateway-api.sigs.k8s.io/geps/gep-1731/). Without it the mesh-wide default holds,
 * which install.ts sets to no retries: Istio's own is two.
 */
export function retry(
  intent: MeshIntent,
  service: ServiceIntent,
): { rule: Pick<RouteExtras['rule'], 'retry'>; notExpressed: Finding[] } {
  if (!service.retry) return { rule: {}, notExpressed: [] };
  const field = `services[${service.name}].retry`;
  if (service.protocol === 'grpc') {
    return {
      rule: {},
      notExpressed: [
        {
          object: `GRPCRoute ${intent.namespace}/${service.name}`,
          field,
          reason: 'GRPCRoute has no field for retries',
        },
      ],
    };
  }
  if (service.protocol === 'tcp') {
    return {
      rule: {},
      notExpressed: [
        { object: `TCPRoute ${intent.namespace}/${service.name}`, field, reason: 'TCP has no requests to try again' },
      ],
    };
  }
  const { attempts, on, backoffMs } = service.retry;
  const codes = on.filter((condition) => typeof condition === 'number');
  return {
    rule: { retry: { codes, attempts, ...(backoffMs === undefined ? {} : { backoff: gatewayDuration(backoffMs) }) } },
    notExpressed: [],
  };
}
