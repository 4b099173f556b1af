import { versions } from '../versions.ts';

/** Where the collector takes OTLP over gRPC, and who it is: it must be in the mesh. */
export interface Collector {
  /** `<service>.<namespace>:<port>` */
  readonly endpoint: string;
  readonly serviceAccount: string;
  readonly namespace: string;
}

/** Values of the chart `linkerd-control-plane`, as far as this kit sets them; certificates are added by the installer. */
export interface InstallValues {
  readonly version: string;
  readonly cniEnabled: boolean;
  readonly identityTrustDomain: string;
  readonly proxy: {
    readonly nativeSidecar: boolean;
    readonly resources: { readonly cpu: { readonly request: string }; readonly memory: { readonly request: string } };
    readonly tracing?: {
      readonly enabled: boolean;
      readonly collector: {
        readonly endpoint: string;
        readonly meshIdentity: { readonly serviceAccountName: string; readonly namespace: string };
      };
    };
  };
}

/**
 * Values for the installer. The CNI plug-in is on: without it an init container needs NET_ADMIN, which a namespace of the pod
 * security level `restricted` refuses.
 */
export function installValues(options: {
  readonly trustDomain: string;
  readonly collector?: Collector;
}): InstallValues {
  const { trustDomain, collector } = options;
  return {
    version: versions.meshes.linkerd.version,
    cniEnabled: true,
    identityTrustDomain: trustDomain,
    proxy: {
      nativeSidecar: true,
      resources: { cpu: { request: '10m' }, memory: { request: '32Mi' } },
      ...(collector
        ? {
            tracing: {
              enabled: true,
              collector: {
                endpoint: collector.endpoint,
                meshIdentity: { serviceAccountName: collector.serviceAccount, namespace: collector.namespace },
              },
            },
          }
        : {}),
    },
  };
}
