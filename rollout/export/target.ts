import type { MeshName } from '../../mesh/intent.ts';
import type { Finding } from '../../mesh/mesh.ts';
import type { KubeObject } from '../../mesh/objects.ts';
import type { SourceName } from './queries.ts';

/** The engines for which the intent of a Rollout is written. */
export const engineNames = ['flagger', 'argo'] as const;
export type EngineName = (typeof engineNames)[number];

/** What is known of the service beside its plan. */
export interface ExportTarget {
  readonly namespace: string;
  readonly port: number;
  readonly protocol: 'http' | 'grpc' | 'tcp';
  readonly mesh: MeshName;
  /** Whose series the queries read. */
  readonly series: SourceName;
  /** Of Prometheus, as the engine's controller reaches it. */
  readonly prometheus: string;
  /** Routes of the service beside that of its own name. */
  readonly moreRoutes: readonly string[];
}

/** The same intent in the objects of another engine, and what is lost on the way. */
export interface Exported {
  /** Empty: nothing that could be trusted can be written, and `notExpressed` says why. */
  readonly objects: readonly KubeObject[];
  readonly notExpressed: readonly Finding[];
  /** What has to be there, or to be different, before the objects are applied. */
  readonly needs: readonly Finding[];
}
