import type { Service } from 'kubernetes-types/core/v1.js';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.js';
import { callsTo } from '../../mesh/envoy/call-counters.ts';
import { selectsLabels } from '../objects/selector.ts';
import { spiffeId } from '../pki/spiffe.ts';
import type { Stored } from '../store/types.ts';
import type { MeshPod } from './mesh-pod.ts';
import { type Protocol, saidProtocol } from './protocol.ts';

/** One Pod behind a Service port. */
export interface Endpoint {
  readonly ip: string;
  /** The app's port, behind the sidecar. */
  readonly port: number;
  readonly podUid: string;
  /** SPIFFE ID that the sidecar there must show. */
  readonly identity: string;
}

export interface MeshServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** Number or name of the container port; the Service port's own number when nothing is said. */
  readonly targetPort: number | string;
  readonly endpoints: readonly Endpoint[];
}

export interface MeshService {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Undefined: its endpoints come from elsewhere. */
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports: readonly MeshServicePort[];
}

export const serviceKey = (namespace: string, name: string): string => `${namespace}/${name}`;

/** Name of the cluster that stands for one port of a Service: one per release, so that Envoy counts per release. */
export const clusterName = (service: { namespace: string; name: string }, port: number): string =>
  callsTo(service, port);

/** The host name by which programs call a Service. */
export const serviceHost = (service: { namespace: string; name: string }): string =>
  `${service.name}.${service.namespace}.svc.cluster.local`;

/**
 * Services with their ready endpoints. An endpoint counts when its Pod has a sidecar: sidecars send nothing but mutual TLS.
 * @param pods Pods of the mesh by uid.
 * @param serverProtocol What a Linkerd Server says about a port of a Pod: for Service ports that say nothing; TCP, which carries anything, is the last resort.
 */
export function meshServices(
  services: readonly Stored<Service>[],
  slices: readonly Stored<EndpointSlice>[],
  pods: ReadonlyMap<string, MeshPod>,
  trustDomain: string,
  serverProtocol: (pod: MeshPod, port: number | string) => Protocol | undefined,
): Map<string, MeshService> {
  const slicesOf = Map.groupBy(slices, ({ metadata }) =>
    serviceKey(metadata.namespace ?? '', metadata.labels?.['kubernetes.io/service-name'] ?? ''),
  );
  const found = new Map<string, MeshService>();
  for (const service of services) {
    const { namespace = 'default', name, annotations = {} } = service.metadata;
    const key = serviceKey(namespace, name);
    const { selector } = service.spec ?? {};
    const served = (port: number | string) =>
      [...pods.values()]
        .filter((pod) => selector && pod.namespace === namespace && selectsLabels(selector, pod.labels))
        .map((pod) => serverProtocol(pod, port))
        .find((protocol) => protocol !== undefined);
    const ports = (service.spec?.ports ?? []).map((port) => ({
      name: port.name,
      port: port.port,
      protocol: saidProtocol(port) ?? served(port.targetPort ?? port.port) ?? 'tcp',
      targetPort: port.targetPort ?? port.port,
      endpoints: (slicesOf.get(key) ?? []).flatMap((slice) => endpointsOf(slice, port.name, pods, trustDomain)),
    }));
    found.set(key, { namespace, name, annotations, selector: service.spec?.selector, ports });
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function endpointsOf(
  slice: Stored<EndpointSlice>,
  portName: string | undefined,
  pods: ReadonlyMap<string, MeshPod>,
  trustDomain: string,
): Endpoint[] {
  const port = slice.ports?.find((candidate) => (candidate.name ?? '') === (portName ?? ''))?.port;
  if (port === undefined) return [];
  return slice.endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ targetRef }) => {
      const pod = pods.get(targetRef?.uid ?? '');
      return pod ? [{ ip: pod.ip, port, podUid: pod.uid, identity: spiffeId(trustDomain, pod) }] : [];
    })
    .sort((a, b) => a.ip.localeCompare(b.ip, 'en', { numeric: true }));
}
