import type { Capture } from '../../charts/context.ts';
import type { EnvironmentName, Resources } from '../../charts/environments.ts';
import type { MeshName } from '../../mesh/intent.ts';

export interface DeployOptions {
  readonly mesh: MeshName;
  readonly env: EnvironmentName;
  /** How traffic gets into sidecars. */
  readonly capture: Capture;
  /** The namespace whose releases it rolls out. */
  readonly exchangeNamespace: string;
  /** Whether the kit's own Prometheus reads its metrics. */
  readonly observed: boolean;
  /** What images are called in the cluster, by the names of the charts; one that is not listed keeps its name. */
  readonly images?: Readonly<Record<string, string>>;
}

/** What differs between a laptop and a cluster that people rely on. A second Pod only watches, and leads when the first is gone. */
export const sizes: Readonly<Record<EnvironmentName, { readonly replicas: number; readonly resources: Resources }>> = {
  dev: {
    replicas: 1,
    resources: { requests: { cpu: '25m', memory: '96Mi' }, limits: { cpu: '1', memory: '384Mi' } },
  },
  prod: {
    replicas: 2,
    resources: { requests: { cpu: '100m', memory: '192Mi' }, limits: { cpu: '2', memory: '512Mi' } },
  },
};
