import type { MeshIntent, MeshName, MetricsReader, Protocol } from './intent.ts';
import type { KubeObject } from './objects.ts';

/** Something the intent asks for and the mesh cannot say. */
export interface Finding {
  /** Kind and name, for example `GRPCRoute exchange/orders`. */
  readonly object: string;
  /** Field of the intent. */
  readonly field: string;
  readonly reason: string;
}

/** Labels and annotations that the mesh wants on an object which is not its own. */
export interface Marks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Compiled {
  /** Routes and policy, each kind once per concern; in no particular order. */
  readonly objects: readonly KubeObject[];
  readonly notExpressed: readonly Finding[];
  /** For the Namespace: turns injection on, and refuses what no policy allows. */
  readonly namespace: Marks;
  /** For the template of every Pod of a service: where its metrics are. */
  readonly pod: Marks;
  /** For the template of every Pod whose sidecar calls others, the edge's too: what the sidecar counts. */
  readonly sidecar: Marks;
  /** Annotations of the apex Service, by service. */
  readonly services: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What a mesh must be able to do; one object per mesh, and nothing else in the kit asks which mesh it is. */
export interface Mesh {
  readonly name: MeshName;
  /** Namespace of the control plane, and the ports by which sidecars reach it. */
  readonly controlPlane: { readonly namespace: string; readonly ports: readonly number[] };
  /** Ports by which a sidecar accepts what other sidecars send, beside the port of the service itself. */
  readonly inboundPorts: readonly number[];
  /** Ports of a Pod in the mesh from which metrics are read. */
  readonly metricsPorts: Readonly<Record<MetricsReader['reads'], readonly number[]>>;
  /** The value of `appProtocol` by which this mesh knows the protocol without having to guess. */
  appProtocol(protocol: Protocol): string;
  compile(intent: MeshIntent): Compiled;
}
