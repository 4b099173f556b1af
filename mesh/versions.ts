import type { MeshName } from './intent.ts';

/** A pinned version, and why it is this one. */
export interface Pin {
  readonly version: string;
  readonly reason: string;
}

export interface GatewayApiPin extends Pin {
  readonly channel: 'standard' | 'experimental';
  /** The version of TCPRoute that this mesh reads in this bundle. */
  readonly tcpRoute: 'v1' | 'v1alpha2';
}

/** Kubernetes minor versions, both inclusive, that a mesh is tested with by its makers. */
export interface KubernetesRange {
  readonly min: string;
  readonly max: string;
  readonly reason: string;
}

export interface MeshPin extends Pin {
  readonly kubernetes: KubernetesRange;
  readonly gatewayApi: GatewayApiPin;
  /** Where the mesh is installed from. */
  readonly charts: string;
  readonly images?: string;
}

/** The one table of what goes with what; everything that installs, pins or documents a version reads it here. */
export const versions = {
  meshes: {
    istio: {
      version: '1.31.1',
      reason: 'first 1.31 patch; its charts carry the signing key that replaced the one of 1.31.0',
      kubernetes: { min: '1.32', max: '1.36', reason: 'release announcement of 1.31' },
      charts: 'oci://ghcr.io/istio/release/charts',
      images: 'docker.io/istio',
      gatewayApi: {
        version: '1.6.1',
        channel: 'experimental',
        tcpRoute: 'v1',
        reason:
          'Istio 1.31 is built against 1.6 and ignores TCPRoute of older bundles; `rules[].retry` is in the experimental channel until 1.7',
      },
    },
    linkerd: {
      version: 'edge-26.6.3',
      reason: 'the edge release that is Linkerd 2.20; the project publishes open artifacts for edge releases only',
      kubernetes: { min: '1.31', max: '1.35', reason: 'table of supported versions of 2.20' },
      charts: 'https://helm.linkerd.io/edge',
      gatewayApi: {
        version: '1.5.1',
        channel: 'experimental',
        tcpRoute: 'v1alpha2',
        reason: 'the newest bundle that 2.20 is compatible with; TCPRoute is in its experimental channel only',
      },
    },
  } satisfies Record<MeshName, MeshPin>,
  kubernetes: { min: '1.32', max: '1.35', reason: 'the overlap of both meshes' },
  kind: {
    version: '0.33.0',
    reason: 'its own default node is 1.37, which neither mesh supports: the node image is pinned',
    nodeImage: 'kindest/node:v1.35.8@sha256:07b2536e30b803ed61d1677a79df6115f798ce64c80f9e22f6ed45afd09323c0',
  },
  envoy: {
    version: '1.40.0',
    reason: 'the version of the sidecars of the embedded cluster, so that the edge behaves the same everywhere',
    image: 'envoyproxy/envoy:distroless-v1.40.0',
  },
  images: {
    node: {
      image: 'node:24.21.0-bookworm-slim',
      reason: 'only its node binary is taken, the Node of package.json: the one that releases run on everywhere else',
    },
    base: {
      image: 'gcr.io/distroless/cc-debian12:nonroot',
      reason: 'the C and C++ libraries that node is linked with and nothing else; its tags have no versions',
    },
  },
  observability: {
    collector: {
      version: '0.155.0',
      reason:
        'knows its components by the names `otlp_grpc` and `span_metrics`; `otlp` and `spanmetrics` are on their way out',
      image: 'otel/opentelemetry-collector-contrib:0.155.0',
    },
    prometheus: {
      version: '3.15.0',
      reason: 'the current minor version; 3.x negotiates OpenMetrics, which carries exemplars, by itself',
      image: 'prom/prometheus:v3.15.0',
    },
    jaeger: {
      version: '2.0.0',
      reason:
        'the first release of version 2, whose configuration is that of a collector; version 1 has no more releases',
      image: 'jaegertracing/jaeger:2.0.0',
    },
    grafana: {
      version: '12.4.10',
      reason:
        'the newest patch of the last 12.x; its data source for Jaeger is built in, so that it starts without a network',
      image: 'grafana/grafana:12.4.10',
    },
  },
} as const;

/** How a version that was found stands to the pinned one. */
export type VersionFit = 'same' | 'other patch' | 'older' | 'newer';

/**
 * Compares `1.31.0`, `v0.33.0` or `edge-26.6.3` by number: another patch of the same minor version is expected to do, an
 * older or newer minor version is not what this table was tested with. Throws RangeError for what is no version.
 */
export function versionFit(pinned: string, found: string): VersionFit {
  const [want, have] = [numbersOf(pinned), numbersOf(found)];
  const minor = have.major - want.major || have.minor - want.minor;
  if (minor !== 0) return minor < 0 ? 'older' : 'newer';
  return have.patch === want.patch ? 'same' : 'other patch';
}

function numbersOf(version: string): { readonly major: number; readonly minor: number; readonly patch: number } {
  const match = /^(?:v|edge-)?(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (!match) throw new RangeError(`\`${version}\` is no version such as 1.31.1`);
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map(Number);
  return { major, minor, patch };
}

/** Whether a Kubernetes minor version such as `1.35` lies in the range. */
export function supportsKubernetes(range: KubernetesRange, version: string): boolean {
  const minor = minorOf(version);
  return minor >= minorOf(range.min) && minor <= minorOf(range.max);
}

function minorOf(version: string): number {
  const match = /^v?1\.(\d+)/.exec(version);
  if (!match) throw new RangeError(`\`${version}\` is no Kubernetes version such as 1.35`);
  return Number(match[1]);
}
