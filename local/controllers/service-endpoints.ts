import type { Pod, Service } from 'kubernetes-types/core/v1.js';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.js';
import { selectsLabels } from '../objects/selector.ts';
import { canonicalJson } from '../objects/template-hash.ts';
import type { Stored } from '../store/types.ts';
import { type Controller, type ControllerContext, type ObjectKey, ownerKey } from './controller.ts';
import { endpointSlices, sliceManager } from './endpoint-slices.ts';

/** Keeps the EndpointSlices of every Service that has a selector. */
export function serviceEndpointsController({ store }: ControllerContext): Controller {
  return {
    kind: 'Service',
    watches: {
      Pod: ({ object }) =>
        servicesOf(store.list<Service>('Service', { namespace: object.metadata.namespace }).items, object),
      'EndpointSlice.discovery.k8s.io': ({ object }) => ownerKey(object, 'Service'),
    },
    reconcile({ namespace, name }) {
      const service = store.get<Service>('Service', name, namespace);
      const selector = service?.spec?.selector;
      if (service === undefined || selector === undefined || Object.keys(selector).length === 0) return undefined;
      if (service.spec?.type === 'ExternalName' || service.metadata.deletionTimestamp !== undefined) return undefined;
      const pods = store.list<Pod>('Pod', { namespace, labels: selector }).items;
      const labels = { 'kubernetes.io/service-name': name, 'endpointslice.kubernetes.io/managed-by': sliceManager };
      const kind = 'EndpointSlice.discovery.k8s.io';
      const known = new Map(
        store.list<EndpointSlice>(kind, { namespace, labels }).items.map((slice) => [slice.metadata.name, slice]),
      );
      for (const wanted of endpointSlices(service, pods)) {
        const slice = known.get(wanted.metadata.name ?? '');
        known.delete(wanted.metadata.name ?? '');
        if (slice === undefined) store.create(wanted);
        else if (differs(slice, wanted))
          store.update({ ...slice, ...wanted, metadata: { ...slice.metadata, ...wanted.metadata } });
      }
      for (const slice of known.values()) store.delete(kind, slice.metadata.name, namespace);
      return undefined;
    },
  };
}

function differs(slice: Stored<EndpointSlice>, wanted: Readonly<Record<string, unknown>>): boolean {
  return (
    canonicalJson([slice.ports, slice.endpoints]) !== canonicalJson([wanted.ports, wanted.endpoints]) ||
    slice.metadata.ownerReferences?.[0]?.uid !==
      (wanted as { metadata: { ownerReferences?: { uid: string }[] } }).metadata.ownerReferences?.[0]?.uid
  );
}

function servicesOf(services: readonly Stored<Service>[], pod: Stored): ObjectKey[] {
  return services
    .filter(({ spec }) => spec?.selector !== undefined && selectsLabels(spec.selector, pod.metadata.labels))
    .map(({ metadata }) => ({ namespace: metadata.namespace, name: metadata.name }));
}
