/** Where the collector takes OTLP over gRPC, and who it is: it must be in the mesh. */
export interface Collector {
  /** `<service>.<namespace>:<port>` */
  readonly endpoint: string;
  readonly serviceAccount: string;
  readonly namespace: string;
}

/**
 * Values of the chart `linkerd-control-plane`, as far as this kit sets them. Certificates and the version are not among them: the
 * command line takes the former from files and brings its own version. An unknown value would be ignored without a word, so each
 * of these is in chart-keys.golden.txt.
 */
export interface LinkerdValues {
  readonly cniEnabled: boolean;
  readonly identityTrustDomain: string;
  readonly disableHeartBeat: boolean;
  readonly webhookFailurePolicy: 'Fail';
  readonly proxy: {
    readonly defaultInboundPolicy: 'deny';
    readonly nativeSidecar: boolean;
    readonly resources: { readonly cpu: { readonly request: string }; readonly memory: { readonly request: string } };
    readonly tracing: {
      readonly enabled: boolean;
      readonly collector?: {
        readonly endpoint: string;
        readonly meshIdentity: { readonly serviceAccountName: string; readonly namespace: string };
      };
    };
  };
}

/** Where the control plane and the CNI plug-in run. */
export const linkerdNamespace = 'linkerd';
export const linkerdCniNamespace = 'linkerd-cni';

export interface InstallOptions {
  readonly trustDomain: string;
  /** How traffic gets into sidecars: by the CNI plug-in, or by an init container of each Pod. */
  readonly capture: 'cni' | 'init';
  readonly collector?: Collector;
}

/**
 * Values for the installer. A Pod takes no call that no policy allows, and none starts without its sidecar (`Fail`): by the chart's
 * defaults it would, whenever the injector does not answer in time. Nothing is reported to the makers of Linkerd. Without the CNI
 * plug-in an init container of each Pod needs NET_ADMIN, which a namespace of the pod security level `restricted` refuses.
 */
export function installValues({ trustDomain, capture, collector }: InstallOptions): LinkerdValues {
  return {
    cniEnabled: capture === 'cni',
    identityTrustDomain: trustDomain,
    disableHeartBeat: true,
    webhookFailurePolicy: 'Fail',
    proxy: {
      defaultInboundPolicy: 'deny',
      nativeSidecar: true,
      resources: { cpu: { request: '10m' }, memory: { request: '32Mi' } },
      tracing: { enabled: collector !== undefined, ...(collector ? { collector: identified(collector) } : {}) },
    },
  };
}

function identified({ endpoint, serviceAccount, namespace }: Collector) {
  return { endpoint, meshIdentity: { serviceAccountName: serviceAccount, namespace } };
}
