import type { KubeObject } from '../objects.ts';

/** What a Server of Linkerd may speak; `unknown` makes the proxy look at the first bytes. */
export type ProxyProtocol = 'unknown' | 'HTTP/1' | 'HTTP/2' | 'gRPC' | 'opaque' | 'TLS';

/** A port of some Pods; what no policy authorizes is refused (https://linkerd.io/2/reference/authorization-policy/). */
export interface Server extends KubeObject {
  readonly apiVersion: 'policy.linkerd.io/v1beta3';
  readonly kind: 'Server';
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly port: number | string;
    readonly proxyProtocol: ProxyProtocol;
    readonly accessPolicy: 'deny';
  };
}

/** Who may reach a Server: every one of the authentications must hold. */
export interface AuthorizationPolicy extends KubeObject {
  readonly apiVersion: 'policy.linkerd.io/v1alpha1';
  readonly kind: 'AuthorizationPolicy';
  readonly spec: {
    readonly targetRef: { readonly group: 'policy.linkerd.io'; readonly kind: 'Server'; readonly name: string };
    readonly requiredAuthenticationRefs: readonly {
      readonly group: 'policy.linkerd.io';
      readonly kind: 'MeshTLSAuthentication' | 'NetworkAuthentication';
      readonly name: string;
    }[];
  };
}

/** Holds for clients in the mesh that run under one of the ServiceAccounts, or whose identity is one of these; `*.` stands for any prefix. */
export interface MeshTLSAuthentication extends KubeObject {
  readonly apiVersion: 'policy.linkerd.io/v1alpha1';
  readonly kind: 'MeshTLSAuthentication';
  readonly spec:
    | {
        readonly identityRefs: readonly {
          readonly kind: 'ServiceAccount';
          readonly name: string;
          /** Absent: that of the object. */
          readonly namespace?: string;
        }[];
      }
    | { readonly identities: readonly string[] };
}

/** Holds for clients by address, in the mesh or not. */
export interface NetworkAuthentication extends KubeObject {
  readonly apiVersion: 'policy.linkerd.io/v1alpha1';
  readonly kind: 'NetworkAuthentication';
  readonly spec: { readonly networks: readonly { readonly cidr: string }[] };
}
