import type { Capture } from '../charts/context.ts';
import type { Environment, EnvironmentName } from '../charts/environments.ts';
import type { MeshName } from '../mesh/intent.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { ObservabilityPart } from './names.ts';
import type { MeshMetrics } from './rules/rules.ts';
import type { Sizes } from './sizes.ts';

export interface ObservabilityOptions {
  readonly mesh: MeshName;
  readonly env: EnvironmentName;
  /** Parts to run; the others are neither made nor spoken of. */
  readonly parts: readonly ObservabilityPart[];
  readonly meshMetrics: MeshMetrics;
  /** How traffic gets into sidecars. */
  readonly capture: Capture;
  /** Namespace of the services that are observed. */
  readonly exchangeNamespace: string;
  readonly trustDomain: string;
  /** Whether the controller of rollouts runs, and has metrics. */
  readonly rollouts: boolean;
  /** What images are called in the cluster, by the names of mesh/versions.ts; one that is not listed keeps its name. */
  readonly images?: Readonly<Record<string, string>>;
}

/** What every part is built from. */
export interface ObservabilityContext extends Omit<ObservabilityOptions, 'mesh' | 'env' | 'images'> {
  readonly mesh: Mesh;
  readonly environment: Environment;
  readonly sizes: Sizes;
  readonly images: Readonly<Record<string, string>>;
}
