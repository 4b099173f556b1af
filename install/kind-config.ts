import { stringify } from 'yaml';
import { versions } from '../mesh/versions.ts';

/** The name of the cluster unless PARLEY_CLUSTER or --cluster says another. */
export const defaultClusterName = 'parley';

/** NodePorts of the edge in the environment `dev`, by what the host maps to them. */
export const nodePorts = { http: 30_080, https: 30_443 } as const;

export interface KindConfigOptions {
  readonly name: string;
  /** Ports of the host, on loopback. */
  readonly ports: { readonly http: number; readonly https: number };
}

/** https://kind.sigs.k8s.io/docs/user/configuration/ */
export interface KindConfig {
  readonly kind: 'Cluster';
  readonly apiVersion: 'kind.x-k8s.io/v1alpha4';
  readonly name: string;
  readonly nodes: readonly {
    readonly role: 'control-plane';
    readonly image: string;
    readonly extraPortMappings: readonly PortMapping[];
  }[];
}

interface PortMapping {
  readonly containerPort: number;
  readonly hostPort: number;
  readonly listenAddress: '127.0.0.1';
  readonly protocol: 'TCP';
}

/** One node, pinned by version and digest; the edge on loopback ports of the host. */
export function kindConfig({ name, ports }: KindConfigOptions): KindConfig {
  const mapping = (containerPort: number, hostPort: number): PortMapping => ({
    containerPort,
    hostPort,
    listenAddress: '127.0.0.1',
    protocol: 'TCP',
  });
  return {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    name,
    nodes: [
      {
        role: 'control-plane',
        image: versions.kind.nodeImage,
        extraPortMappings: [mapping(nodePorts.http, ports.http), mapping(nodePorts.https, ports.https)],
      },
    ],
  };
}

export function kindConfigYaml(options: KindConfigOptions): string {
  return stringify(kindConfig(options), { lineWidth: 0 });
}
