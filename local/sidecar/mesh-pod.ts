import type { Namespace, Pod } from 'kubernetes-types/core/v1.js';
import type { Stored } from '../store/types.ts';
import type { Protocol } from './protocol.ts';

/** A Pod as the compiler sees it. */
export interface MeshPod {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** Declared container ports, TCP only. */
  readonly ports: readonly { readonly name?: string; readonly port: number }[];
  /** Its programs listen and call by Unix sockets in the Pod's directory. */
  readonly sockets: boolean;
  /** Name of the Gateway that this Pod serves. */
  readonly gateway?: string;
}

export const socketsAnnotation = 'parley.dev/sockets';
export const gatewayLabel = 'gateway.networking.k8s.io/gateway-name';

/** Whether the Pod has a sidecar: its namespace is in the mesh and it has not opted out (docs/architecture.md). */
export function isMeshed(pod: Stored<Pod>, namespace: Stored<Namespace> | undefined): boolean {
  const { labels = {}, annotations = {} } = pod.metadata;
  const of = namespace?.metadata;
  if (labels['sidecar.istio.io/inject'] === 'false' || annotations['linkerd.io/inject'] === 'disabled') return false;
  return of?.labels?.['istio-injection'] === 'enabled' || of?.annotations?.['linkerd.io/inject'] === 'enabled';
}

export function meshPod(pod: Stored<Pod>, ip: string): MeshPod {
  const { uid, name, namespace = 'default', labels = {}, annotations = {} } = pod.metadata;
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return {
    uid,
    name,
    namespace,
    ip,
    labels,
    annotations,
    serviceAccount: pod.spec?.serviceAccountName ?? 'default',
    ports: containers
      .flatMap((container) => container.ports ?? [])
      .filter((port) => (port.protocol ?? 'TCP') === 'TCP')
      .map((port) => ({ name: port.name, port: port.containerPort })),
    sockets: annotations[socketsAnnotation] === 'true',
    gateway: labels[gatewayLabel],
  };
}

/** An app port of a Pod behind its sidecar. */
export interface AppPort {
  readonly port: number;
  readonly name?: string;
  readonly protocol: Protocol;
}
