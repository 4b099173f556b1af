import type { EnvironmentName, Resources } from '../charts/environments.ts';
import type { ObservabilityPart } from './names.ts';

/** What differs between a laptop and a cluster that people rely on. */
export interface Sizes {
  readonly resources: Readonly<Record<ObservabilityPart, Resources>>;
  /** Seconds between two looks at a target, and between two evaluations of the rules. */
  readonly scrapeSeconds: number;
  readonly metrics: {
    /** Prometheus duration; older samples go. */
    readonly retention: string;
    /** Kubernetes quantity of the volume, and the size in bytes as Prometheus writes it at which the oldest samples go early. */
    readonly storage: string;
    readonly retentionSize: string;
    /** Whether the volume outlives the Pod. */
    readonly kept: boolean;
  };
  /** Traces in Jaeger's memory; the oldest go. */
  readonly traces: number;
}

export const sizes: Readonly<Record<EnvironmentName, Sizes>> = {
  dev: {
    resources: {
      collector: { requests: { cpu: '25m', memory: '96Mi' }, limits: { cpu: '1', memory: '320Mi' } },
      prometheus: { requests: { cpu: '50m', memory: '256Mi' }, limits: { cpu: '1', memory: '1Gi' } },
      jaeger: { requests: { cpu: '25m', memory: '96Mi' }, limits: { cpu: '1', memory: '512Mi' } },
      grafana: { requests: { cpu: '25m', memory: '128Mi' }, limits: { cpu: '1', memory: '384Mi' } },
    },
    scrapeSeconds: 5,
    metrics: { retention: '1d', storage: '2Gi', retentionSize: '1GB', kept: false },
    traces: 20_000,
  },
  prod: {
    resources: {
      collector: { requests: { cpu: '200m', memory: '256Mi' }, limits: { cpu: '2', memory: '1Gi' } },
      prometheus: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '2', memory: '4Gi' } },
      jaeger: { requests: { cpu: '200m', memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } },
      grafana: { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '1', memory: '512Mi' } },
    },
    scrapeSeconds: 15,
    metrics: { retention: '15d', storage: '50Gi', retentionSize: '40GB', kept: true },
    traces: 100_000,
  },
};
