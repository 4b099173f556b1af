import type { Container, Pod, Service, ServicePort } from 'kubernetes-types/core/v1.js';
import type { Endpoint, EndpointPort, EndpointSlice } from 'kubernetes-types/discovery/v1.js';
import { isFinished, isReady } from '../objects/pods.ts';
import { canonicalJson, templateHash } from '../objects/template-hash.ts';
import type { KubeObject, Stored } from '../store/types.ts';

export const sliceManager = 'endpointslice-controller.k8s.io';
const endpointsPerSlice = 100;

/**
 * The EndpointSlices of a Service: one for each set of port numbers its Pods have (a named port may differ between releases),
 * at most 100 endpoints each (https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/). Pure.
 */
export function endpointSlices(service: Stored<Service>, pods: readonly Stored<Pod>[]): KubeObject[] {
  const groups = new Map<string, { readonly ports: EndpointPort[]; readonly endpoints: Endpoint[] }>();
  for (const pod of pods.toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1))) {
    if (pod.status?.podIP === undefined || isFinished(pod)) continue;
    const ports = resolvePorts(service.spec?.ports ?? [], pod);
    const key = canonicalJson(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(toEndpoint(service, pod, pod.status.podIP));
  }
  if (groups.size === 0) groups.set('', { ports: [], endpoints: [] });
  return [...groups].flatMap(([key, { ports, endpoints }]) =>
    chunks(endpoints).map((part, index) => toSlice(service, templateHash([key, index], 5), ports, part)),
  );
}

/** The ports of a Service on this Pod; a name that no container port has leaves the port out, as in Kubernetes. */
function resolvePorts(ports: readonly ServicePort[], pod: Stored<Pod>): EndpointPort[] {
  return ports.flatMap((port) => {
    const target = port.targetPort ?? port.port;
    const protocol = port.protocol ?? 'TCP';
    const number = typeof target === 'number' ? target : namedPort(pod, target, protocol);
    if (number === undefined) return [];
    const { appProtocol } = port;
    return [{ name: port.name ?? '', port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

function namedPort(pod: Stored<Pod>, name: string, protocol: string): number | undefined {
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  const containers: Container[] = [...(pod.spec?.containers ?? []), ...sidecars];
  return containers
    .flatMap((container) => container.ports ?? [])
    .find((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)?.containerPort;
}

function toEndpoint(service: Stored<Service>, pod: Stored<Pod>, ip: string): Endpoint {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const always = service.spec?.publishNotReadyAddresses === true;
  const serving = always || isReady(pod);
  const { name, namespace, uid } = pod.metadata;
  const inDomain = pod.spec?.hostname !== undefined && pod.spec.subdomain === service.metadata.name;
  return {
    addresses: [ip],
    conditions: { ready: always || (serving && !terminating), serving, terminating },
    ...(inDomain ? { hostname: pod.spec?.hostname } : {}),
    nodeName: pod.spec?.nodeName ?? 'parley',
    targetRef: { kind: 'Pod', name, namespace, uid },
  };
}

function toSlice(service: Stored<Service>, suffix: string, ports: EndpointPort[], endpoints: Endpoint[]): KubeObject {
  const { name, namespace, uid } = service.metadata;
  const slice: Omit<EndpointSlice, 'metadata'> = { addressType: 'IPv4', ports, endpoints };
  return {
    ...slice,
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${suffix}`,
      namespace,
      labels: {
        'endpointslice.kubernetes.io/managed-by': sliceManager,
        'kubernetes.io/service-name': name,
        ...(service.spec?.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true }],
    },
  };
}

function chunks(endpoints: readonly Endpoint[]): Endpoint[][] {
  const count = Math.max(1, Math.ceil(endpoints.length / endpointsPerSlice));
  return Array.from({ length: count }, (_none, index) =>
    endpoints.slice(index * endpointsPerSlice, (index + 1) * endpointsPerSlice),
  );
}
