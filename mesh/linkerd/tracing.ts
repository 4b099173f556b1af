import type { MeshIntent } from '../intent.ts';
import type { Finding } from '../mesh.ts';

/** Linkerd's proxies are told to trace by the control plane, not by objects: see install.ts. */
export function tracing(intent: MeshIntent): Finding[] {
  if (!intent.tracing) return [];
  return [
    {
      object: `Namespace ${intent.namespace}`,
      field: 'tracing.samplingPercent',
      reason:
        'Linkerd follows the sampling flag of the caller; spans are switched on by the values of its control plane',
    },
  ];
}
