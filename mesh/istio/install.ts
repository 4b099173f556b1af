import { versions } from '../versions.ts';

/** Name by which Telemetry objects refer to the collector. */
export const tracingProvider = 'parley';

/** Where the collector takes OTLP over gRPC. */
export interface Collector {
  /** Fully qualified name of its Service. */
  readonly service: string;
  readonly port: number;
}

/** `meshConfig` of istiod (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/), as far as this kit sets it. */
export interface MeshConfig {
  readonly trustDomain: string;
  readonly accessLogFile: string;
  readonly defaultHttpRetryPolicy: { readonly attempts: number };
  readonly extensionProviders: readonly {
    readonly name: string;
    readonly opentelemetry: { readonly service: string; readonly port: number };
  }[];
}

/** What an installer hands to the charts `base`, `cni` and `istiod`; the objects of the exchange rely on it. */
export interface InstallValues {
  readonly version: string;
  readonly meshConfig: MeshConfig;
  readonly global: { readonly hub: string; readonly proxy: { readonly resources: Resources } };
  readonly pilot: { readonly cni: { readonly enabled: boolean }; readonly resources: Resources };
}

interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string };
}

/**
 * Values for the installer. Retries are off mesh-wide, because no object of a namespace can switch Istio's default of two
 * off for HTTPRoute. The CNI plug-in is on: without it an init container needs NET_ADMIN, which a namespace of the pod
 * security level `restricted` refuses.
 */
export function installValues(options: {
  readonly trustDomain: string;
  readonly collector?: Collector;
}): InstallValues {
  const { trustDomain, collector } = options;
  return {
    version: versions.meshes.istio.version,
    meshConfig: {
      trustDomain,
      accessLogFile: '',
      defaultHttpRetryPolicy: { attempts: 0 },
      extensionProviders: collector
        ? [{ name: tracingProvider, opentelemetry: { service: collector.service, port: collector.port } }]
        : [],
    },
    global: {
      hub: versions.meshes.istio.images,
      proxy: { resources: { requests: { cpu: '10m', memory: '64Mi' } } },
    },
    pilot: { cni: { enabled: true }, resources: { requests: { cpu: '50m', memory: '256Mi' } } },
  };
}
