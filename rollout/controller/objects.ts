/** The parts of Kubernetes objects that the controller reads and changes; what is not named here is kept as it is. */
import type { RouteWithStatus } from '../../mesh/route-in-force.ts';

interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

/** HTTPRoute, GRPCRoute or TCPRoute (https://gateway-api.sigs.k8s.io/reference/spec/). */
export interface Route {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Meta;
  readonly spec: { readonly parentRefs?: readonly ParentRef[]; readonly rules?: readonly RouteRule[] };
  readonly status?: RouteWithStatus['status'];
}

export interface ParentRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
}

export interface RouteRule {
  readonly matches?: readonly RouteMatch[];
  readonly filters?: readonly RouteFilter[];
  readonly backendRefs?: readonly BackendRef[];
  readonly [field: string]: unknown;
}

export interface RouteMatch {
  readonly headers?: readonly { readonly type?: string; readonly name: string; readonly value: string }[];
  readonly [field: string]: unknown;
}

export interface RouteFilter {
  readonly type: string;
  readonly requestMirror?: { readonly backendRef: BackendRef; readonly percent?: number };
  readonly [field: string]: unknown;
}

export interface BackendRef {
  readonly name: string;
  readonly port?: number;
  readonly weight?: number;
  readonly [field: string]: unknown;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/ */
export interface Deployment {
  readonly metadata: Meta;
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
  };
}

/** `HTTPRoute edge-orders`: how people are told of a route. */
export const titleOf = (route: Pick<Route, 'kind' | 'metadata'>): string => `${route.kind} ${route.metadata.name}`;
