import type { MeshIntent, ServiceIntent } from '../mesh/intent.ts';
import type { Compiled, Mesh } from '../mesh/mesh.ts';
import type { Environment } from './environments.ts';

/** How traffic gets into sidecars: by the mesh's CNI plug-in, or by an init container, which needs NET_ADMIN. */
export const captures = ['cni', 'init'] as const;
export type Capture = (typeof captures)[number];
export const defaultCapture: Capture = 'cni';

/**
 * Where the database keeps its data: in a claim, which outlives Pods, or in the Pod itself, for clusters without volumes that an
 * ordinary user may write to.
 */
export const storages = ['claim', 'ephemeral'] as const;
export type Storage = (typeof storages)[number];
export const defaultStorage: Storage = 'claim';

/** What every part of the chart is built from. */
export interface ChartContext {
  readonly intent: MeshIntent;
  readonly mesh: Mesh;
  readonly compiled: Compiled;
  readonly environment: Environment;
  /** OTLP over HTTP, for example `http://collector.observability.svc.cluster.local:4318`; absent: no spans leave a process. */
  readonly collector?: URL;
  readonly capture: Capture;
  readonly storage: Storage;
  /** What images are called in the cluster, by the names of the charts. */
  readonly images: Readonly<Record<string, string>>;
}

/** The name of an image as the cluster knows it. */
export function imageOf({ images }: Pick<ChartContext, 'images'>, name: string): string {
  return images[name] ?? name;
}

/** The intent of a service; throws when the plan and the catalogue disagree, which `assertPlan` refuses earlier. */
export function intentOf(context: ChartContext, name: string): ServiceIntent {
  const service = context.intent.services.find((each) => each.name === name);
  if (!service) throw new RangeError(`the intent has no service \`${name}\``);
  return service;
}

/** `http://accounts.exchange.svc.cluster.local:8080`: the apex Service of a service, for its callers. */
export function urlOf({ intent }: ChartContext, service: Pick<ServiceIntent, 'name' | 'port'>): string {
  return `http://${service.name}.${intent.namespace}.svc.cluster.local:${service.port}`;
}
