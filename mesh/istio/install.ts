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

/** What `istioctl install -f` reads (https://istio.io/latest/docs/reference/config/istio.operator.v1alpha1/). */
export interface IstioOperator {
  readonly apiVersion: 'install.istio.io/v1alpha1';
  readonly kind: 'IstioOperator';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly profile: 'minimal';
    readonly hub: string;
    readonly tag: string;
    readonly meshConfig: MeshConfig;
    readonly components?: { readonly cni: { readonly enabled: true } };
    readonly values: {
      readonly global: { readonly proxy: { readonly resources: Resources } };
      readonly pilot: { readonly cni: { readonly enabled: boolean }; readonly resources: Resources };
    };
  };
}

interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string };
}

export interface InstallOptions {
  readonly trustDomain: string;
  /** How traffic gets into sidecars: by the CNI plug-in, or by an init container of each Pod. */
  readonly capture: 'cni' | 'init';
  readonly collector?: Collector;
}

/** Where istiod runs. */
export const istioNamespace = 'istio-system';

/**
 * What is handed to the installer. Retries are off mesh-wide, because no object of a namespace can switch Istio's default of
 * two off for HTTPRoute. Without the CNI plug-in an init container of each Pod needs NET_ADMIN, which a namespace of the pod
 * security level `restricted` refuses.
 */
export function istioOperator({ trustDomain, capture, collector }: InstallOptions): IstioOperator {
  const { version, images } = versions.meshes.istio;
  return {
    apiVersion: 'install.istio.io/v1alpha1',
    kind: 'IstioOperator',
    metadata: { name: 'parley', namespace: istioNamespace },
    spec: {
      profile: 'minimal',
      hub: images,
      tag: version,
      meshConfig: {
        trustDomain,
        accessLogFile: '',
        defaultHttpRetryPolicy: { attempts: 0 },
        extensionProviders: collector
          ? [{ name: tracingProvider, opentelemetry: { service: collector.service, port: collector.port } }]
          : [],
      },
      ...(capture === 'cni' ? { components: { cni: { enabled: true } } } : {}),
      values: {
        global: { proxy: { resources: { requests: { cpu: '10m', memory: '64Mi' } } } },
        pilot: {
          cni: { enabled: capture === 'cni' },
          resources: { requests: { cpu: '50m', memory: '256Mi' } },
        },
      },
    },
  };
}
