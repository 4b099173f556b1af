import { linkerdDuration } from '../duration.ts';
import { type MeshIntent, routed, type ServiceIntent } from '../intent.ts';
import type { Finding } from '../mesh.ts';

/**
 * Failure accrual by annotation of the apex Service, which is the one that callers name
 * (https://linkerd.io/2/reference/circuit-breaking/). It counts per endpoint, without an interval.
 */
export function outlierDetection(intent: MeshIntent): {
  services: Record<string, Record<string, string>>;
  notExpressed: Finding[];
} {
  const services: Record<string, Record<string, string>> = {};
  const notExpressed: Finding[] = [];
  for (const service of routed(intent)) {
    const outliers = service.outlierDetection;
    if (!outliers) continue;
    if (service.protocol === 'tcp') {
      notExpressed.push(finding(intent, service, '', 'Linkerd counts failures of HTTP and gRPC only'));
      continue;
    }
    services[service.name] = {
      'balancer.linkerd.io/failure-accrual': 'consecutive',
      'balancer.linkerd.io/failure-accrual-consecutive-max-failures': String(outliers.consecutiveErrors),
      'balancer.linkerd.io/failure-accrual-consecutive-min-penalty': linkerdDuration(outliers.baseEjectionMs),
    };
    notExpressed.push(
      finding(intent, service, '.intervalMs', 'failures are counted as they come, not per interval'),
      finding(intent, service, '.maxEjectionPercent', 'Linkerd may eject every endpoint that fails'),
    );
  }
  return { services, notExpressed };
}

function finding(intent: MeshIntent, service: ServiceIntent, part: string, reason: string): Finding {
  return {
    object: `Service ${intent.namespace}/${service.name}`,
    field: `services[${service.name}].outlierDetection${part}`,
    reason,
  };
}
