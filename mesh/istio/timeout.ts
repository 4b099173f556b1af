import { gatewayDuration } from '../duration.ts';
import type { MeshIntent, ServiceIntent } from '../intent.ts';
import type { Finding } from '../mesh.ts';
import type { RouteExtras } from '../routes.ts';

/** `rules[].timeouts` of HTTPRoute: `request` bounds the whole call, `backendRequest` each try of it. */
export function timeout(
  intent: MeshIntent,
  service: ServiceIntent,
): { rule: Pick<RouteExtras['rule'], 'timeouts'>; notExpressed: Finding[] } {
  const { timeoutMs } = service;
  const perTryTimeoutMs = service.retry?.perTryTimeoutMs;
  if (service.protocol === 'http') {
    const timeouts = {
      ...(timeoutMs === undefined ? {} : { request: gatewayDuration(timeoutMs) }),
      ...(perTryTimeoutMs === undefined ? {} : { backendRequest: gatewayDuration(perTryTimeoutMs) }),
    };
    return { rule: Object.keys(timeouts).length > 0 ? { timeouts } : {}, notExpressed: [] };
  }
  if (timeoutMs === undefined) return { rule: {}, notExpressed: [] };
  const kind = service.protocol === 'grpc' ? 'GRPCRoute' : 'TCPRoute';
  return {
    rule: {},
    notExpressed: [
      {
        object: `${kind} ${intent.namespace}/${service.name}`,
        field: `services[${service.name}].timeoutMs`,
        reason: `${kind} has no field for time-outs; callers set a deadline of their own`,
      },
    ],
  };
}
