import { linkerdDuration } from '../duration.ts';
import type { MeshIntent, ServiceIntent } from '../intent.ts';
import type { Finding } from '../mesh.ts';

/**
 * Retries by annotation of the route: Linkerd never reads `rules[].retry`
 * (https://linkerd.io/2/reference/retries/). Without them nothing is tried again.
 */
export function retry(
  intent: MeshIntent,
  service: ServiceIntent,
): { annotations: Record<string, string>; notExpressed: Finding[] } {
  if (!service.retry) return { annotations: {}, notExpressed: [] };
  const { attempts, on, perTryTimeoutMs, backoffMs } = service.retry;
  const kind = { http: 'HTTPRoute', grpc: 'GRPCRoute', tcp: 'TCPRoute' }[service.protocol];
  const object = `${kind} ${intent.namespace}/${service.name}`;
  const field = `services[${service.name}].retry`;
  if (service.protocol === 'tcp') {
    return { annotations: {}, notExpressed: [{ object, field, reason: 'TCP has no requests to try again' }] };
  }
  return {
    annotations: {
      [`retry.linkerd.io/${service.protocol}`]: on.join(','),
      'retry.linkerd.io/limit': String(attempts),
      ...(perTryTimeoutMs === undefined ? {} : { 'retry.linkerd.io/timeout': linkerdDuration(perTryTimeoutMs) }),
    },
    notExpressed:
      backoffMs === undefined
        ? []
        : [{ object, field: `${field}.backoffMs`, reason: 'Linkerd tries again at once; it has no field for a pause' }],
  };
}
