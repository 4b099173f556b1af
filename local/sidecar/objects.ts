/** The parts of the Gateway API, Istio and Linkerd objects that the sidecars enforce; `validate/` refuses all others. */
import type { LabelSelector } from 'kubernetes-types/meta/v1.js';
import type { Stored } from '../store/types.ts';

export interface ParentRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly sectionName?: string;
  readonly port?: number;
}

export interface BackendRef {
  readonly name: string;
  readonly port?: number;
  readonly weight?: number;
}

export interface ValueMatch {
  readonly type?: 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
}

export interface HeaderValue {
  readonly name: string;
  readonly value: string;
}

export interface RouteFilter {
  readonly type: string;
  readonly requestHeaderModifier?: {
    readonly set?: readonly HeaderValue[];
    readonly add?: readonly HeaderValue[];
    readonly remove?: readonly string[];
  };
  /** Without `percent` all requests are mirrored. */
  readonly requestMirror?: { readonly backendRef: BackendRef; readonly percent?: number };
}

export interface HttpRouteRule {
  readonly matches?: readonly {
    readonly path?: { readonly type?: 'Exact' | 'PathPrefix' | 'RegularExpression'; readonly value?: string };
    readonly headers?: readonly ValueMatch[];
    readonly queryParams?: readonly ValueMatch[];
    readonly method?: string;
  }[];
  readonly filters?: readonly RouteFilter[];
  readonly backendRefs?: readonly BackendRef[];
  readonly timeouts?: { readonly request?: string; readonly backendRequest?: string };
  readonly retry?: { readonly codes?: readonly number[]; readonly attempts?: number; readonly backoff?: string };
}

export interface GrpcRouteRule {
  readonly matches?: readonly {
    readonly method?: {
      readonly type?: 'Exact' | 'RegularExpression';
      readonly service?: string;
      readonly method?: string;
    };
    readonly headers?: readonly ValueMatch[];
  }[];
  readonly filters?: readonly RouteFilter[];
  readonly backendRefs?: readonly BackendRef[];
}

export interface TcpRouteRule {
  readonly backendRefs?: readonly BackendRef[];
}

export interface RouteParentStatus {
  parentRef: ParentRef;
  controllerName: string;
  conditions: Condition[];
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** HTTPRoute, GRPCRoute and TCPRoute (https://gateway-api.sigs.k8s.io/reference/spec/). */
export interface Route<R> {
  readonly spec: {
    readonly parentRefs?: readonly ParentRef[];
    readonly hostnames?: readonly string[];
    readonly rules?: readonly R[];
  };
  readonly status?: { readonly parents?: readonly RouteParentStatus[] };
}

export type AnyRoute = Stored<Route<HttpRouteRule & GrpcRouteRule & TcpRouteRule>>;

export interface Listener {
  readonly name: string;
  readonly hostname?: string;
  readonly port: number;
  readonly protocol: string;
  readonly tls?: { readonly mode?: string; readonly certificateRefs?: readonly { readonly name: string }[] };
  readonly allowedRoutes?: {
    readonly namespaces?: { readonly from?: string };
    readonly kinds?: readonly { readonly kind: string }[];
  };
}

export interface Gateway {
  readonly spec: {
    readonly gatewayClassName: string;
    /** With addresses the Deployment is somebody else's. */
    readonly addresses?: readonly { readonly type?: string; readonly value?: string }[];
    readonly listeners: readonly Listener[];
    readonly infrastructure?: {
      readonly labels?: Record<string, string>;
      readonly annotations?: Record<string, string>;
    };
  };
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly value: string }[];
    readonly conditions?: readonly Condition[];
    readonly listeners?: readonly unknown[];
  };
}

export type Selector = LabelSelector;

/** https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
export interface IstioAuthorizationPolicy {
  readonly spec?: {
    readonly action?: 'ALLOW' | 'DENY';
    readonly selector?: Selector;
    readonly targetRefs?: readonly { readonly kind: string; readonly name: string }[];
    readonly targetRef?: { readonly kind: string; readonly name: string };
    readonly rules?: readonly {
      readonly from?: readonly {
        readonly source?: Partial<
          Record<'principals' | 'notPrincipals' | 'namespaces' | 'notNamespaces', readonly string[]>
        >;
      }[];
      readonly to?: readonly {
        readonly operation?: Partial<
          Record<'ports' | 'notPorts' | 'methods' | 'notMethods' | 'paths' | 'notPaths', readonly string[]>
        >;
      }[];
    }[];
  };
}

/** https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection */
export interface DestinationRule {
  readonly spec: {
    readonly host: string;
    readonly trafficPolicy?: {
      readonly outlierDetection?: {
        readonly consecutive5xxErrors?: number;
        readonly consecutiveGatewayErrors?: number;
        readonly interval?: string;
        readonly baseEjectionTime?: string;
        readonly maxEjectionPercent?: number;
      };
    };
  };
}

/** https://istio.io/latest/docs/reference/config/telemetry/ */
export interface Telemetry {
  readonly spec?: {
    readonly selector?: Selector;
    readonly tracing?: readonly {
      readonly randomSamplingPercentage?: number;
    }[];
  };
}

/** https://linkerd.io/2/reference/authorization-policy/ */
export interface LinkerdServer {
  readonly spec: {
    readonly podSelector?: Selector;
    readonly port: number | string;
    readonly proxyProtocol?: string;
    readonly accessPolicy?: string;
  };
}

export interface LinkerdAuthorizationPolicy {
  readonly spec: {
    readonly targetRef: { readonly group?: string; readonly kind: string; readonly name: string };
    readonly requiredAuthenticationRefs: readonly {
      readonly group?: string;
      readonly kind: string;
      readonly name: string;
      readonly namespace?: string;
    }[];
  };
}

export interface MeshTlsAuthentication {
  readonly spec: {
    readonly identities?: readonly string[];
    readonly identityRefs?: readonly { readonly kind: string; readonly name?: string; readonly namespace?: string }[];
  };
}
